// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "policy/check/follow.h"
#include "user/incident/followed.h"
#include "user/response/response.h"

namespace quell::response {
namespace {

TEST(Follows, WhatHoldsAContainerAndKillsNobody) {
    EXPECT_EQ(policy::kFollowing, QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK) | QUELL_BIT(QUELL_RESPONSE_DENY_WRITE) | QUELL_BIT(QUELL_RESPONSE_DENY_EXEC)) << "so policies say";
    const quell_u32 follow = QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK) | QUELL_BIT(QUELL_RESPONSE_DENY_WRITE) | QUELL_BIT(QUELL_RESPONSE_DENY_EXEC);
    for (quell_u32 i = 0; i < QUELL_RESPONSE_COUNT; i++) {
        const auto which = static_cast<quell_response>(i);
        EXPECT_EQ(response(which).follows(), (follow & QUELL_BIT(i)) != 0) << i;
        EXPECT_TRUE(!incident::goes_by_path(which) || response(which).follows()) << i;
    }
    EXPECT_FALSE(incident::goes_by_path(QUELL_RESPONSE_ISOLATE_NETWORK)) << "the container is all it takes";
}

}  // namespace
}  // namespace quell::response
