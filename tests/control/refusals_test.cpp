// SPDX-License-Identifier: Apache-2.0
#include "user/control/refusals.h"

#include <gtest/gtest.h>

#include <vector>

namespace quell::control {
namespace {

class RefusalsTest : public testing::Test {
protected:
    static Peer user(uid_t uid) {
        Peer peer;
        peer.uid = uid;
        peer.groups = {1, 2, 3};
        return peer;
    }
    std::vector<std::string> taken() { return std::exchange(rows_, {}); }

    std::vector<std::string> rows_;
    std::uint64_t total_ = 0;
    Refusals refusals_{10, [this](const Peer& peer, std::string_view what, std::uint64_t times) {
                           EXPECT_TRUE(peer.groups.empty()) << "65,536 of them, 256 times";
                           rows_.push_back(std::to_string(peer.uid) + " " + std::string(what) + " " + std::to_string(times));
                           total_ += times;
                       }};
};

using Rows = std::vector<std::string>;

TEST_F(RefusalsTest, WhatWasOnlyCountedIsToldWhenTheIntervalIsOver) {
    refusals_.add(user(7), "a.B", 100);
    EXPECT_EQ(taken(), Rows{"7 a.B 1"});
    refusals_.add(user(7), "a.C", 101);
    refusals_.add(user(7), "a.D", 109);
    refusals_.on_tick(109);
    EXPECT_EQ(taken(), Rows{}) << "the interval is not over";
    refusals_.on_tick(110);
    EXPECT_EQ(taken(), Rows{"7 a.D 2"}) << "without another call of that uid";
    refusals_.add(user(7), "a.E", 119);  // a report was made at 110
    EXPECT_EQ(taken(), Rows{});
    refusals_.on_tick(120);
    EXPECT_EQ(taken(), Rows{"7 a.E 1"});
    refusals_.on_tick(200);  // quiet since: forgotten
    refusals_.on_tick(300);
    EXPECT_EQ(taken(), Rows{});
    refusals_.add(user(7), "a.F", 301);
    EXPECT_EQ(taken(), Rows{"7 a.F 1"});
}

TEST_F(RefusalsTest, UidsBeyondTheBoundAreCountedTogether) {
    const uid_t uids = Refusals::kUidsMax + 1000;
    for (uid_t uid = 0; uid < uids; uid++) refusals_.add(user(uid), "a.B", 100);
    const Rows first = taken();
    ASSERT_EQ(first.size(), Refusals::kUidsMax + 1);
    EXPECT_EQ(first.back(), "256 a.B (the last of uids too many to tell apart) 1");
    refusals_.on_tick(110);
    EXPECT_EQ(taken(), Rows{"1255 a.B (the last of uids too many to tell apart) 999"});
    EXPECT_EQ(total_, uids) << "not one is lost";
    refusals_.on_tick(120);
    refusals_.add(user(5000), "a.B", 121);  // the quiet ones made room
    EXPECT_EQ(taken(), Rows{"5000 a.B 1"});
}

TEST_F(RefusalsTest, TheEndTellsWhatIsLeft) {
    for (int i = 0; i < 3; i++) refusals_.add(user(7), "a.B", 100);
    refusals_.flush();
    EXPECT_EQ(taken(), (Rows{"7 a.B 1", "7 a.B 2"}));
}

TEST_F(RefusalsTest, ANameIsCutAndPrintable) {
    refusals_.add(user(7), std::string(4000, 'x'), 100);
    EXPECT_EQ(taken(), Rows{"7 " + std::string(Refusals::kWhatMax, 'x') + "… 1"});
    refusals_.add(user(8), "a\n", 100);
    EXPECT_EQ(taken(), Rows{"8 a\\x0a 1"});
}

}  // namespace
}  // namespace quell::control
