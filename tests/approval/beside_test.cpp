// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "user/approval/decisions.h"

namespace quell::approval {
namespace {

TEST(Assignee, IsANameThatCannotBeAnythingElse) {
    for (const char* name : {"alice", "a", "alice.b-c_d@example.org", "7"}) EXPECT_TRUE(is_assignee(name)) << name;
    EXPECT_TRUE(is_assignee(std::string(kAssigneeMax, 'a')));
    for (const char* name : {"", "-", "-f", "a b", "a\n", "\x1b[2J", "\xc3\xa4", "a/b", "a;b"}) EXPECT_FALSE(is_assignee(name)) << name;
    EXPECT_FALSE(is_assignee(std::string(kAssigneeMax + 1, 'a')));
}

}  // namespace
}  // namespace quell::approval
