// SPDX-License-Identifier: Apache-2.0
// The daemon is killed at each step of each response, and the next one knows
// what was decided, carries out the rest, and can take it back.
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <optional>

#include "vm-tests/faults/held_threads.h"
#include "vm-tests/faults/rows.h"
#include "vm-tests/harness/kernel_side.h"

namespace quell::guest {
namespace {

class KilledAt : public testing::Test {
protected:
    void TearDown() override {
        if (!daemon_pid()) start_daemon();
        reject_all();
    }
    static void request_all(const std::vector<std::unique_ptr<Case>>& cases) {
        for (const auto& one : cases) {
            SCOPED_TRACE(one->row().response);
            one->request();
        }
    }
    static void approve_what_is_enforced(const std::vector<std::unique_ptr<Case>>& cases) {
        for (const auto& one : cases) {
            if (!is_enforced(one->row())) continue;
            const auto output = one->approve();
            EXPECT_EQ(output.status, 0) << one->row().response << ": " << output.text;
        }
    }
    // The rows until here are on the disk.
    static void settle() { must("sleep 2"); }
    static void expect_whole_and_undone(const std::vector<std::unique_ptr<Case>>& cases) {
        for (const auto& one : cases) one->expect_whole();
        for (const auto& one : cases) one->expect_undone();
    }
};

TEST_F(KilledAt, WhatWaitsGoesOnWaitingAndIsApprovedAsItWasShown) {
    const auto cases = all_cases();
    request_all(cases);
    kill_daemon(SIGKILL);
    start_daemon();
    for (const auto& one : cases) {
        SCOPED_TRACE(one->row().response);
        EXPECT_TRUE(eventually([&] { return one->state() == "pending"; })) << show(one->id()).dump(1);
        EXPECT_FALSE(one->in_force());
        const auto output = one->approve();
        EXPECT_EQ(output.status, 0) << output.text;
    }
    expect_whole_and_undone(cases);
}

// Who attaches hooks and opens descriptors stands still.
TEST_F(KilledAt, WhatArmsIsArmedByTheNext) {
    const auto cases = all_cases();
    {
        const HeldThreads held("quelld-arm");
        for (const auto& one : cases) {
            SCOPED_TRACE(one->row().response);
            one->request(false);
        }
        kill_daemon(SIGKILL);
    }
    start_daemon();
    for (const auto& one : cases) {
        SCOPED_TRACE(one->row().response);
        EXPECT_TRUE(eventually([&] { return one->state() == "pending"; })) << show(one->id()).dump(1);
        const auto output = one->approve();
        EXPECT_EQ(output.status, 0) << output.text;
    }
    expect_whole_and_undone(cases);
}

// Those who do what follows the flip stand still: it is approved, and nothing else was done.
TEST_F(KilledAt, WhatIsFlippedIsCarriedOutByTheNext) {
    const auto cases = all_cases();
    request_all(cases);
    settle();
    std::vector<std::future<Output>> approvals;
    {
        std::optional<HeldThreads> held("quelld-(sweep|stop|evidence)");
        for (const auto& one : cases) approvals.push_back(std::async(std::launch::async, [&one] { return one->approve(); }));
        for (const auto& one : cases) EXPECT_TRUE(eventually([&] { return one->state() == "approved"; })) << show(one->id()).dump(1);
        kill_daemon(SIGKILL);
    }
    for (auto& one : approvals) EXPECT_NE(one.get().status, 0) << "nobody said that it was done";
    start_daemon();
    expect_whole_and_undone(cases);
}

// Who writes rows stands still: all of it was done, and only the kernel side knows.
TEST_F(KilledAt, WhatIsInForceAndNotWrittenDownIsWrittenByTheNext) {
    const auto cases = all_cases();
    request_all(cases);
    settle();
    {
        const HeldThreads held("quell-history");
        for (const auto& one : cases) {
            const auto output = one->approve();
            EXPECT_EQ(output.status, 0) << one->row().response << ": " << output.text;
        }
        kill_daemon(SIGKILL);
    }
    start_daemon();
    expect_whole_and_undone(cases);
}

TEST_F(KilledAt, WhatIsUndoneAndNotWrittenDownStaysUndone) {
    const auto cases = all_cases();
    request_all(cases);
    approve_what_is_enforced(cases);
    settle();
    {
        const HeldThreads held("quell-history");
        for (const auto& one : cases) {
            if (!is_enforced(one->row())) continue;
            EXPECT_EQ(run("quell undo " + one->id() + " --reason over").status, 0) << one->row().response;
        }
        kill_daemon(SIGKILL);
    }
    start_daemon();
    for (const auto& one : cases) {
        if (!is_enforced(one->row())) continue;
        SCOPED_TRACE(one->row().response);
        EXPECT_EQ(one->state(), "undone");
        EXPECT_FALSE(one->in_force());
        EXPECT_EQ(actions_of(one->id()), (std::vector<std::string>{"requested", "approved", "flipped", "enforcing", "undone"}));
    }
    EXPECT_EQ(run("quell history verify").status, 0);
}

// The kernel side has taken it back, and what it does not do by itself is left to be done.
TEST_F(KilledAt, WhatTheKernelSideHasTakenBackIsTakenBackWholly) {
    const auto cases = all_cases();
    request_all(cases);
    approve_what_is_enforced(cases);
    settle();
    {
        KernelSide kernel;
        for (const auto& one : cases) {
            if (!is_enforced(one->row())) continue;
            EXPECT_EQ(kernel.move(one->id(), QUELL_STATE_ENFORCING, QUELL_STATE_UNDONE), 0) << one->row().response;
        }
    }
    for (const auto& one : cases) {
        if (!is_enforced(one->row())) continue;
        SCOPED_TRACE(one->row().response);
        EXPECT_EQ(one->state(), "undone");
        EXPECT_FALSE(one->in_force());
        EXPECT_EQ(actions_of(one->id()).back(), "undone");
    }
    EXPECT_EQ(run("quell history verify").status, 0);
}

// Its target went while there was no daemon: what waited is gone, what was flipped has ended, and each has a row.
TEST_F(KilledAt, WhatVanishedMeanwhileHasARow) {
    const auto cases = all_cases();
    request_all(cases);
    approve_what_is_enforced(cases);
    settle();
    kill_daemon(SIGKILL);
    for (const auto& one : cases) {
        one->container().destroy();
        must("rm -rf " + one->container().directory() + "/upper");  // its runtime's
    }
    start_daemon();
    for (const auto& one : cases) {
        SCOPED_TRACE(one->row().response);
        // a capture or a kill of a container that is no more: nothing of it may be left to be approved
        EXPECT_TRUE(eventually([&] { return one->state() == "gone"; })) << show(one->id()).dump(1);
        EXPECT_EQ(actions_of(one->id()).back(), "gone");
        EXPECT_NE(one->approve().status, 0);
    }
    EXPECT_EQ(run("quell history verify").status, 0);
}

}  // namespace
}  // namespace quell::guest
