// SPDX-License-Identifier: Apache-2.0
// What is approved with a containment goes into the kernel's entry and comes
// back out of it: all that a daemon knows whose predecessor died at the flip.
#include "user/approval/approved_with.h"

#include <gtest/gtest.h>

namespace quell::approval {
namespace {

TEST(ApprovedWith, ComesBackAsItWasApproved) {
    for (const auto evidence : {QUELL_RESPONSE_COUNT, QUELL_RESPONSE_CAPTURE, QUELL_RESPONSE_ACQUIRE_FILE})
        for (const bool holders : {false, true}) {
            const auto bits = beside_bits(evidence, holders);
            EXPECT_EQ(evidence_beside(bits), evidence) << bits;
            EXPECT_EQ((bits & QUELL_BESIDE_HOLDERS) != 0, holders) << bits;
        }
    EXPECT_EQ(beside_bits(QUELL_RESPONSE_COUNT, false), 0u);
}

TEST(ApprovedWith, HoldersAreKilledOnlyOfAnApprovedQuarantine) {
    quell_pending entry{};
    entry.beside = QUELL_BESIDE_HOLDERS;
    entry.response = QUELL_RESPONSE_QUARANTINE_FILE;
    EXPECT_FALSE(kills_holders(entry)) << "nobody has approved it";
    entry.approved_ns = 1;
    EXPECT_TRUE(kills_holders(entry));
    entry.response = QUELL_RESPONSE_DENY_EXEC;
    EXPECT_FALSE(kills_holders(entry));
    entry.response = QUELL_RESPONSE_QUARANTINE_FILE;
    entry.beside = QUELL_BESIDE_COPY;
    EXPECT_FALSE(kills_holders(entry));
}

}  // namespace
}  // namespace quell::approval
