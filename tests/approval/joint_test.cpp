// SPDX-License-Identifier: Apache-2.0
#include "user/approval/joint.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/incident/made.h"

namespace quell::approval {
namespace {

// Of the first, then of the others.
std::string not_yet(const std::vector<quell_state>& states, std::uint64_t since_s = 1) {
    constexpr std::uint64_t kSecond = 1'000'000'000, kApproved = 1000 * kSecond;
    std::vector<incident::Incident> all;
    for (const auto state : states) {
        all.push_back(incident::an_incident(all.size() + 1, state));
        all.back().entry.approved_ns = kApproved;
    }
    std::vector<incident::Incident*> parts;
    for (std::size_t i = 1; i < all.size(); i++) parts.push_back(&all[i]);
    return why_not_undone_yet(all.front(), parts, kApproved + since_s * kSecond);
}

TEST(JointUndo, TakesBackWhatHoldsAndPassesOverWhatIsOver) {
    EXPECT_EQ(not_yet({QUELL_STATE_ENFORCING, QUELL_STATE_ENFORCING}), "");
    EXPECT_EQ(not_yet({QUELL_STATE_GONE, QUELL_STATE_FAILED, QUELL_STATE_UNDONE, QUELL_STATE_DONE}), "");
    EXPECT_EQ(not_yet({QUELL_STATE_ENFORCING, QUELL_STATE_PENDING, QUELL_STATE_ARMING}), "") << "nothing of these was approved";
}

// It would be in force afterwards, and who asked would have been told that all is taken back.
TEST(JointUndo, WaitsForWhatIsStillBeingCarriedOut) {
    EXPECT_EQ(not_yet({QUELL_STATE_ENFORCING, QUELL_STATE_APPROVED, QUELL_STATE_ENFORCING}).find("1 of them is still being carried out"), 0u);
    EXPECT_EQ(not_yet({QUELL_STATE_APPROVED, QUELL_STATE_ENFORCING}).find("1 of them is "), 0u) << "the first itself";
    const auto all = not_yet({QUELL_STATE_APPROVED, QUELL_STATE_APPROVED, QUELL_STATE_APPROVED});
    EXPECT_EQ(all.find("3 of them are still being carried out"), 0u) << all;
    for (const char* told : {"try again in some seconds", "by its own id"}) EXPECT_NE(all.find(told), std::string::npos) << all;
}

// A walk that never ends, of one of them: the others are nobody's hostages.
TEST(JointUndo, WaitsForNobodyForEver) {
    EXPECT_NE(not_yet({QUELL_STATE_ENFORCING, QUELL_STATE_APPROVED}, 29), "");
    EXPECT_EQ(not_yet({QUELL_STATE_ENFORCING, QUELL_STATE_APPROVED}, 30), "");
}

}  // namespace
}  // namespace quell::approval
