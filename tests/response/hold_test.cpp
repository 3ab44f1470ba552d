// SPDX-License-Identifier: Apache-2.0
// By whom a container is frozen while nobody has decided.
#include "user/response/hold.h"

#include <gtest/gtest.h>

namespace quell::response {
namespace {

TEST(Hold, WhoWaitsKeepsFrozenAndSoDoesWhatWasApprovedUntilItIsInForce) {
    const auto keeps = [](quell_state state, quell_response response, bool was_approved, quell_u32 held = QUELL_BIT(QUELL_RESPONSE_PAUSE_CONTAINER)) {
        quell_pending entry{};
        entry.word = QUELL_WORD(7, state);
        entry.held = held;
        entry.response = response;
        entry.approved_ns = was_approved;
        return keeps_frozen(entry);
    };
    for (const auto state : {QUELL_STATE_ARMING, QUELL_STATE_PENDING}) EXPECT_TRUE(keeps(state, QUELL_RESPONSE_KILL_CONTAINER, false)) << state;
    EXPECT_TRUE(keeps(QUELL_STATE_APPROVED, QUELL_RESPONSE_KILL_CONTAINER, true));
    EXPECT_TRUE(keeps(QUELL_STATE_FAILED, QUELL_RESPONSE_KILL_CONTAINER, true)) << "it goes on refusing";
    EXPECT_FALSE(keeps(QUELL_STATE_FAILED, QUELL_RESPONSE_KILL_CONTAINER, false)) << "nothing of it is in force";
    EXPECT_FALSE(keeps(QUELL_STATE_APPROVED, QUELL_RESPONSE_STOP_CONTAINER, true)) << "who is told to end must run for it";
    for (const auto state : {QUELL_STATE_NONE, QUELL_STATE_ENFORCING, QUELL_STATE_DONE, QUELL_STATE_REJECTED, QUELL_STATE_EXPIRED, QUELL_STATE_GONE, QUELL_STATE_UNDONE})
        EXPECT_FALSE(keeps(state, QUELL_RESPONSE_QUARANTINE_FILE, true)) << state;
    EXPECT_FALSE(keeps(QUELL_STATE_PENDING, QUELL_RESPONSE_KILL_CONTAINER, false, QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK)));
}

// Whoever ends a freeze of his own in this time leaves it frozen.
TEST(Hold, WhatIsCapturedIsFrozenUntilItIsKilled) {
    quell_pending entry{};
    entry.response = QUELL_RESPONSE_KILL_CONTAINER;
    entry.beside = QUELL_BESIDE_CAPTURE;
    entry.word = QUELL_WORD(7, QUELL_STATE_APPROVED);
    EXPECT_TRUE(keeps_frozen(entry));
    for (const auto state : {QUELL_STATE_PENDING, QUELL_STATE_DONE, QUELL_STATE_FAILED, QUELL_STATE_GONE}) {
        entry.word = QUELL_WORD(7, state);
        EXPECT_FALSE(keeps_frozen(entry)) << state;
    }
    entry.word = QUELL_WORD(7, QUELL_STATE_APPROVED);
    entry.beside = 0;
    EXPECT_FALSE(keeps_frozen(entry)) << "killed at once";
    entry.beside = QUELL_BESIDE_COPY;
    entry.response = QUELL_RESPONSE_QUARANTINE_FILE;
    EXPECT_FALSE(keeps_frozen(entry));
}

}  // namespace
}  // namespace quell::response
