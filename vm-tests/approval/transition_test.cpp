// SPDX-License-Identifier: Apache-2.0
// The transition program by itself: what it accepts, of whom, and what it
// writes down.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "vm-tests/harness/kernel_side.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

using Pair = std::pair<quell_u32, quell_u32>;

// What a request asks for by its two states alone.
const std::set<Pair> kAccepted = {
#define TRANSITION(from, command, to, effects)                                                                                            \
    QUELL_COMMAND_##command == QUELL_COMMAND_EXTEND || QUELL_COMMAND_##command == QUELL_COMMAND_IDENTIFY || QUELL_COMMAND_##command == QUELL_COMMAND_WITHDRAW \
        ? Pair{QUELL_STATE_ARMING, QUELL_STATE_PENDING}                                                                                   \
        : Pair{QUELL_STATE_##from, QUELL_STATE_##to},
#include "kern/transitions.def"
#undef TRANSITION
};

class Transition : public testing::Test {
protected:
    void SetUp() override {
        victim_.start();
        const auto before = matches();
        EXPECT_EQ(attack(victim_, "truncate /var/log/b.log"), 0);
        id_ = pending_id("word", "truncate");
        expect_told(show(id_), before, "the truncation");
        denied_ = denied_anywhere();
    }
    void TearDown() override { reject_all(); }
    void expect_free() const {
        EXPECT_EQ(attack(victim_, "read /var/log/b.log"), 0) << "nothing is contained";
        EXPECT_EQ(denied_anywhere(), denied_);
    }

    Container victim_{"word"};
    std::int64_t denied_ = 0;
    std::string id_;
};

TEST_F(Transition, WhatIsNotInTheTableIsInvalid) {
    KernelSide kernel;
    const auto entry = kernel.find(id_);
    for (quell_u32 from = QUELL_STATE_ARMING; from <= QUELL_STATE_COUNT; from++)
        for (quell_u32 to = 0; to <= QUELL_STATE_COUNT; to++) {
            auto request = approval_of(entry, QUELL_RESPONSE_QUARANTINE_FILE);
            request.from = from;
            request.to = to;
            if (kAccepted.contains({from, to})) {
                if (from == QUELL_STATE_PENDING || to == QUELL_STATE_EXPIRED) continue;  // would do it; is before its time
                const auto answer = kernel.transition(request);
                EXPECT_EQ(answer.error, -EBUSY) << from << " -> " << to;
                EXPECT_EQ(answer.seen, entry.value.word) << from << " -> " << to;
            } else {
                EXPECT_EQ(kernel.transition(request).error, -EINVAL) << from << " -> " << to;
            }
            ASSERT_EQ(kernel.entry(id_).word, entry.value.word) << from << " -> " << to;
        }
    expect_free();
}

// The incident is part of the word: what was looked at is another one by then.
TEST_F(Transition, AStaleWordIsInert) {
    KernelSide kernel;
    const auto entry = kernel.find(id_);
    for (const quell_u32 to : {QUELL_STATE_APPROVED, QUELL_STATE_REJECTED, QUELL_STATE_GONE})
        for (const int off : {1, -1}) {
            auto request = approval_of(entry, QUELL_RESPONSE_QUARANTINE_FILE);
            request.incident += off;
            request.to = to;
            const auto answer = kernel.transition(request);
            EXPECT_EQ(answer.error, -EBUSY);
            EXPECT_EQ(answer.seen, entry.value.word);
            EXPECT_EQ(kernel.entry(id_).word, entry.value.word);
        }
    auto nobody = approval_of(entry, QUELL_RESPONSE_QUARANTINE_FILE);
    nobody.key.turn += 1000;
    EXPECT_EQ(kernel.transition(nobody).error, -ENOENT);
    expect_free();
}

// Whoever is inside the target decides nothing about it, also when no daemon asks first.
TEST_F(Transition, NothingIsDecidedFromInside) {
    {
        KernelSide kernel;
        auto request = approval_of(kernel.find(id_), QUELL_RESPONSE_QUARANTINE_FILE);
        request.approver_container = request.key.container;
        for (const quell_u32 to : {QUELL_STATE_APPROVED, QUELL_STATE_REJECTED}) {
            request.to = to;
            EXPECT_EQ(kernel.transition(request).error, -EPERM) << to;
        }
        EXPECT_EQ(QUELL_WORD_STATE(kernel.entry(id_).word), quell_u32{QUELL_STATE_PENDING});
        EXPECT_EQ(kernel.approve(id_, QUELL_RESPONSE_QUARANTINE_FILE), 0);
        request.from = QUELL_STATE_APPROVED;
        request.to = QUELL_STATE_UNDONE;
        EXPECT_EQ(kernel.transition(request).error, -EPERM);
        expect_refused(victim_, "read /var/log/b.log");
    }
    EXPECT_TRUE(eventually([&] { return show(id_)["state"] == "enforcing"; }));
    EXPECT_EQ(run("quell undo " + id_ + " --reason host").status, 0);
    EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "approved", "enforcing", "undone"}));
}

// A crash between flip and disk still knows who.
TEST_F(Transition, WhoFlippedStandsInTheEntryAndThenInTheRow) {
    {
        KernelSide kernel;
        auto request = approval_of(kernel.find(id_), QUELL_RESPONSE_QUARANTINE_FILE);
        request.approver_uid = 1234;
        request.approver_loginuid = 5678;
        request.request = 77;
        EXPECT_EQ(kernel.transition(request).error, 0);
        const auto entry = kernel.entry(id_);
        EXPECT_EQ(entry.approver_uid, 1234u);
        EXPECT_EQ(entry.approver_loginuid, 5678u);
        EXPECT_EQ(entry.request, 77u);
        EXPECT_GT(entry.approved_ns, entry.first_ns);
    }
    EXPECT_TRUE(eventually([&] { return show(id_)["state"] == "enforcing"; }));
    const auto history = quell("history --incident " + id_);
    const auto row = std::ranges::find(history["rows"], "approved", [](const Json& one) { return one["action"].get<std::string>(); });
    ASSERT_NE(row, history["rows"].end());
    EXPECT_EQ((*row)["who"]["uid"], 1234) << *row;
    EXPECT_EQ((*row)["who"]["login_uid"], 5678) << *row;
    EXPECT_EQ(run("quell undo " + id_ + " --reason done").status, 0);
    EXPECT_EQ(run("quell history verify").status, 0);
}

}  // namespace
}  // namespace quell::guest
