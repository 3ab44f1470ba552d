// SPDX-License-Identifier: Apache-2.0
// Who holds a file, from what is told of each descriptor and map.
#include "user/response/holders.h"

#include <gtest/gtest.h>

namespace quell::response {
namespace {

quell_holder told(quell_u32 pid, quell_u32 how, std::uint64_t start_ns = 5) {
    quell_holder one{};
    one.task.pid = pid;
    one.task.start_ns = start_ns;
    one.how = how;
    return one;
}

TEST(Holders, EachProcessIsToldOnceAndThoseThatMapComeFirst) {
    const auto holders = put_together({told(10, QUELL_HOLDS_OPEN), told(30, QUELL_HOLDS_OPEN), told(20, QUELL_HOLDS_MAPPED),
                                       told(30, QUELL_HOLDS_MAPPED | QUELL_HOLDS_WRITABLE), told(10, QUELL_HOLDS_OPEN)}, {told(30, 0).task});
    ASSERT_EQ(holders.list.size(), 3u);
    EXPECT_EQ(holders.list[0].task.pid, 20u);
    EXPECT_EQ(holders.list[1].task.pid, 30u);
    EXPECT_EQ(holders.list[2].task.pid, 10u);
    EXPECT_EQ(holders.list[1].how, QUELL_HOLDS_OPEN | QUELL_HOLDS_MAPPED | QUELL_HOLDS_WRITABLE);
    EXPECT_FALSE(holders.list[0].is_inside);
    EXPECT_TRUE(holders.list[1].is_inside);
}

// A number alone is nobody: inside is who started then.
TEST(Holders, APidThatIsUsedAgainIsAnother) {
    const auto holders = put_together({told(10, QUELL_HOLDS_OPEN, 7), told(10, QUELL_HOLDS_MAPPED, 8)}, {told(10, 0, 8).task});
    ASSERT_EQ(holders.list.size(), 2u);
    EXPECT_EQ(holders.list[0].task.start_ns, 8u);
    EXPECT_TRUE(holders.list[0].is_inside);
    EXPECT_FALSE(holders.list[1].is_inside);
    EXPECT_TRUE(put_together({}, {}).list.empty());
}

TEST(Holders, AreSaidInWords) {
    EXPECT_EQ(holder_text({{}, QUELL_HOLDS_OPEN, true}, true), "has it open");
    EXPECT_EQ(holder_text({{}, QUELL_HOLDS_MAPPED, true}, true), "maps it");
    EXPECT_EQ(holder_text({{}, QUELL_HOLDS_OPEN | QUELL_HOLDS_MAPPED | QUELL_HOLDS_WRITABLE, false}, true), "maps it writable, has it open; outside the container");
    EXPECT_EQ(holder_text({{}, QUELL_HOLDS_OPEN, false}, false), "has it open");
}

}  // namespace
}  // namespace quell::response
