// SPDX-License-Identifier: Apache-2.0
// Whom `quelld --unload` lets go on: whose entries say that they are frozen.
#include "user/bpf/loader.h"

#include <gtest/gtest.h>

namespace quell::bpf {
namespace {

quell_pending approved_with(quell_u32 beside, quell_state state, bool is_flipped = true) {
    quell_pending entry{};
    entry.word = QUELL_WORD(7, state);
    entry.response = beside == QUELL_BESIDE_COPY ? QUELL_RESPONSE_QUARANTINE_FILE : QUELL_RESPONSE_KILL_CONTAINER;
    entry.beside = beside;
    entry.approved_ns = is_flipped;
    return entry;
}

TEST(Unload, FindsWhoIsFrozenWhileNobodyHasDecided) {
    quell_pending entry{};
    entry.word = QUELL_WORD(7, QUELL_STATE_PENDING);
    EXPECT_FALSE(has_frozen(entry));
    entry.held = QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK);
    EXPECT_FALSE(has_frozen(entry));
    entry.held |= QUELL_BIT(QUELL_RESPONSE_PAUSE_CONTAINER);
    EXPECT_TRUE(has_frozen(entry));
    entry.word = QUELL_WORD(7, QUELL_STATE_EXPIRED);
    EXPECT_TRUE(has_frozen(entry)) << "and was not let go on by a daemon";
}

TEST(Unload, FindsWhoIsFrozenForACapture) {
    constexpr quell_u32 kByQuell = QUELL_BESIDE_CAPTURE | QUELL_BESIDE_FROZEN;
    EXPECT_TRUE(has_frozen(approved_with(kByQuell, QUELL_STATE_APPROVED)));
    EXPECT_TRUE(has_frozen(approved_with(kByQuell, QUELL_STATE_FAILED))) << "what did not die of the kill";
    EXPECT_FALSE(has_frozen(approved_with(kByQuell, QUELL_STATE_FAILED, false))) << "it was never flipped";
    EXPECT_FALSE(has_frozen(approved_with(kByQuell, QUELL_STATE_DONE)));
    EXPECT_FALSE(has_frozen(approved_with(QUELL_BESIDE_CAPTURE, QUELL_STATE_APPROVED))) << "somebody else had it frozen before";
    EXPECT_FALSE(has_frozen(approved_with(0, QUELL_STATE_APPROVED)));
    EXPECT_FALSE(has_frozen(approved_with(QUELL_BESIDE_COPY, QUELL_STATE_APPROVED)));
}

}  // namespace
}  // namespace quell::bpf
