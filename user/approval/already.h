// SPDX-License-Identifier: Apache-2.0
// Why the kernel side answers EEXIST to a flip: another incident has it in force.
#pragma once

#include "kern/abi.h"

namespace quell::approval {

[[nodiscard]] constexpr const char* already_text(quell_response response) {
    switch (response) {
        case QUELL_RESPONSE_PAUSE_CONTAINER: return "that container is paused already";
        case QUELL_RESPONSE_ISOLATE_NETWORK: return "its network is cut already";
        case QUELL_RESPONSE_DENY_WRITE: return "its writes are denied already";
        case QUELL_RESPONSE_DENY_EXEC: return "that file is denied already";
        default: return "that file is quarantined already";
    }
}

}  // namespace quell::approval
