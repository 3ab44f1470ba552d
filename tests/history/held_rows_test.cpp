// SPDX-License-Identifier: Apache-2.0
#include "user/history/held_rows.h"

#include "tests/history/rows.h"

namespace quell::history {
namespace {

void push(HeldRows& held, std::uint64_t sequence, Action action) { held.push({sequence, make_entry(action, sequence)}); }

std::vector<std::uint64_t> sequences(const HeldRows& held) {
    std::vector<std::uint64_t> found;
    for (const Held& one : held.rows()) found.push_back(one.sequence);
    return found;
}

TEST(HeldRows, DropsTheOldestOfWhatHurtsLeast) {
    HeldRows held(3);
    push(held, 1, Action::APPROVED);
    push(held, 2, Action::EXPIRED);
    push(held, 3, Action::DETECTED);
    push(held, 4, Action::DETECTED);
    EXPECT_EQ(sequences(held), (std::vector<std::uint64_t>{1, 2, 4}));
    push(held, 5, Action::REJECTED);
    EXPECT_EQ(sequences(held), (std::vector<std::uint64_t>{1, 2, 5}));
    push(held, 6, Action::DONE);
    EXPECT_EQ(sequences(held), (std::vector<std::uint64_t>{1, 5, 6}));
    EXPECT_EQ(held.dropped(), 3u);
    push(held, 7, Action::UNDONE);
    EXPECT_EQ(held.size(), 4u) << "decisions are never dropped";
    push(held, 8, Action::DETECTED);
    EXPECT_EQ(sequences(held), (std::vector<std::uint64_t>{1, 5, 6, 7}));
    EXPECT_EQ(held.dropped(), 4u);
}

// What can be brought about any number of times is bounded, decisions are kept.
TEST(HeldRows, FloodsAreBounded) {
    HeldRows held(100);
    for (std::uint64_t i = 1; i <= 20; i++) held.push({i, make_decision(i)});
    Entry failed = make_entry(Action::FAILED, 7);
    failed.row.response = "kill-container";  // approved, and failed then
    held.push({21, failed});
    std::uint64_t sequence = 22;
    for (const Action action : {Action::DETECTED, Action::REFUSED, Action::EXPIRED, Action::GONE, Action::FAILED})
        for (int i = 0; i < 1000; i++) {
            push(held, sequence++, action);
            ASSERT_LE(held.size(), 100u) << action_word(action);
        }
    for (std::uint64_t i = 0; i < 21; i++) EXPECT_EQ(held.rows()[i].sequence, i + 1) << "decisions stay";
    EXPECT_EQ(held.dropped(), 5000u - 79u);
}

TEST(HeldRows, ARefusalGoesBeforeADecisionAndAfterADetection) {
    HeldRows held(2);
    push(held, 1, Action::REFUSED);
    push(held, 2, Action::DETECTED);
    push(held, 3, Action::APPROVED);
    EXPECT_EQ(sequences(held), (std::vector<std::uint64_t>{1, 3}));
    push(held, 4, Action::APPROVED);
    EXPECT_EQ(sequences(held), (std::vector<std::uint64_t>{3, 4}));
}

TEST(HeldRows, TakesAndPutsBackInOrder) {
    HeldRows held(10);
    for (std::uint64_t i = 1; i <= 5; i++) push(held, i, Action::DETECTED);
    auto batch = held.take(3);
    EXPECT_EQ(batch.size(), 3u);
    push(held, 6, Action::DETECTED);
    held.put_back(std::move(batch));
    EXPECT_EQ(sequences(held), (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(held.take(100).size(), 6u);
    EXPECT_TRUE(held.empty());
}

}  // namespace
}  // namespace quell::history
