// SPDX-License-Identifier: Apache-2.0
// What is approved with a containment and done by the daemon, as the kernel's
// entry keeps it from the flip on: no row is on the disk by then.
#pragma once

#include "kern/abi.h"

namespace quell::approval {

[[nodiscard]] constexpr quell_u32 beside_bits(quell_response evidence, bool kill_holders) {
    const quell_u32 holders = kill_holders ? QUELL_BESIDE_HOLDERS : 0;
    if (evidence == QUELL_RESPONSE_CAPTURE) return holders | QUELL_BESIDE_CAPTURE;
    if (evidence == QUELL_RESPONSE_ACQUIRE_FILE) return holders | QUELL_BESIDE_COPY;
    return holders;
}

// The evidence among them, COUNT: none.
[[nodiscard]] constexpr quell_response evidence_beside(quell_u32 beside) {
    if (beside & QUELL_BESIDE_CAPTURE) return QUELL_RESPONSE_CAPTURE;
    return beside & QUELL_BESIDE_COPY ? QUELL_RESPONSE_ACQUIRE_FILE : QUELL_RESPONSE_COUNT;
}

// Asked for when it is carried out, by whichever daemon.
[[nodiscard]] constexpr bool kills_holders(const quell_pending& entry) {
    return entry.approved_ns && entry.response == QUELL_RESPONSE_QUARANTINE_FILE && (entry.beside & QUELL_BESIDE_HOLDERS);
}

}  // namespace quell::approval
