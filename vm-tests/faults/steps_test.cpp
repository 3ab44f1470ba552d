// SPDX-License-Identifier: Apache-2.0
// The daemon is killed where little of it is on the disk: before it has read
// what happened, before its first row, behind the sweep, behind a rejection,
// an extension or a deletion. docs/architecture.md, "Order and durability".
#include <gtest/gtest.h>

#include <csignal>
#include <future>

#include "vm-tests/faults/held_threads.h"
#include "vm-tests/faults/rows.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;
using Cases = std::vector<std::unique_ptr<Case>>;

class KilledStep : public testing::Test {
protected:
    static void SetUpTestSuite() {
        must(std::string("rm -f ") + kPolicyDirectory + "/*");
        write(std::string(kPolicyDirectory) + "/steps.yaml", kStepRules);
        must("quell policy apply");
    }
    static void TearDownTestSuite() {
        must(std::string("rm ") + kPolicyDirectory + "/steps.yaml");
        apply_pack();
    }
    void TearDown() override {
        if (!daemon_pid()) start_daemon();
        reject_all();
    }
    static Cases requested_cases() {
        auto cases = all_cases();
        for (const auto& one : cases) {
            SCOPED_TRACE(one->row().response);
            one->request();
        }
        settle();
        return cases;
    }
    // The rows until here are on the disk.
    static void settle() { must("sleep 2"); }
    static std::string text_of(const std::string& id, const std::string& action) {
        const auto history = quell("history --incident " + id);
        for (const auto& row : history["rows"])
            if (row["action"] == action) return row["result"];
        return "no row " + action;
    }
    static void expect_actions(const Case& one, const Actions& expected) {
        EXPECT_TRUE(eventually([&] { return actions_of(one.id()) == expected; })) << one.row().response << ": " << Json(actions_of(one.id()));
    }
    static void expect_approved_whole_and_undone(const Cases& cases) {
        for (const auto& one : cases) {
            const auto output = one->approve();
            EXPECT_EQ(output.status, 0) << one->row().response << ": " << output.text;
        }
        expect_whole_and_undone(cases);
    }
    static void expect_whole_and_undone(const Cases& cases) {
        for (const auto& one : cases) one->expect_whole();
        for (const auto& one : cases) one->expect_undone();
    }
};

// The record is in the ring still, and the next one has all of it.
TEST_F(KilledStep, WhatHappenedAndWasNotReadIsReadByTheNext) {
    const auto cases = all_cases();
    ASSERT_EQ(kill(daemon_pid(), SIGSTOP), 0);
    for (const auto& one : cases) one->act();
    kill_daemon(SIGKILL);
    start_daemon();
    for (const auto& one : cases) {
        one->take();
        expect_actions(*one, {"detected"});
        EXPECT_TRUE(eventually([&] { return show(one->id()).value("note", "").find("details lost") == std::string::npos; })) << show(one->id()).dump(1);
        EXPECT_FALSE(one->in_force());
    }
    expect_approved_whole_and_undone(cases);
}

// It was read, and what the record had died with the daemon: the entry has what a decision is bound to.
TEST_F(KilledStep, WhatWasReadAndNotWrittenDownIsDetectedByTheNext) {
    const auto cases = all_cases();
    {
        const HeldThreads held("quell-history");
        for (const auto& one : cases) {
            one->act();
            one->take();
        }
        kill_daemon(SIGKILL);
    }
    start_daemon();
    for (const auto& one : cases) {
        SCOPED_TRACE(one->row().response);
        EXPECT_TRUE(eventually([&] { return one->state() == "pending"; })) << show(one->id()).dump(1);
        expect_actions(*one, {"detected"});
        EXPECT_NE(show(one->id()).value("note", "").find("details lost"), std::string::npos) << show(one->id()).dump(1);
        EXPECT_FALSE(one->in_force());
        const auto output = one->approve();  // by the digest that was shown then
        if (std::string(one->row().response) == "acquire-file" && output.status != 0) {
            // its path was among the details: where the file system gives nobody a file by its number, nothing leads to it
            EXPECT_EQ(one->state(), "failed");
            EXPECT_NE(text_of(one->id(), "failed"), "");
            continue;
        }
        EXPECT_EQ(output.status, 0) << output.text;
        one->expect_whole();
        one->expect_undone();
    }
    EXPECT_EQ(run("quell history verify").status, 0);
}

// Who does what follows the flip has done it, and who moves the state and makes the rows stands still.
TEST_F(KilledStep, WhatWasCarriedOutAndNotSaidIsSaidByTheNext) {
    const auto cases = requested_cases();
    std::vector<std::future<Output>> approvals;
    {
        HeldThreads held("quelld-(sweep|stop|evidence)");
        for (const auto& one : cases) approvals.push_back(std::async(std::launch::async, [&one] { return one->approve(); }));
        for (const auto& one : cases) EXPECT_TRUE(eventually([&] { return one->state() == "approved"; })) << show(one->id()).dump(1);
        held.hold_instead("quelld");
        for (const auto& one : cases) EXPECT_TRUE(eventually([&] { return one->in_force(); }, std::chrono::seconds(60))) << one->row().response;
        kill_daemon(SIGKILL);
    }
    for (auto& one : approvals) EXPECT_NE(one.get().status, 0) << "nobody said that it was done";
    start_daemon();
    expect_whole_and_undone(cases);
}

TEST_F(KilledStep, WhatWasRejectedAndNotWrittenDownStaysRejected) {
    const auto cases = requested_cases();
    {
        const HeldThreads held("quell-history");
        for (const auto& one : cases) EXPECT_EQ(run("quell reject " + one->id() + " --reason no").status, 0) << one->row().response;
        kill_daemon(SIGKILL);
    }
    start_daemon();
    for (const auto& one : cases) {
        SCOPED_TRACE(one->row().response);
        EXPECT_EQ(one->state(), "rejected");
        EXPECT_FALSE(one->in_force());
        expect_actions(*one, {"requested", "rejected"});
        EXPECT_EQ(text_of(one->id(), "rejected"), "told by the kernel's entry");
        EXPECT_EQ(one->approve().status, 5);
        EXPECT_NE(run("quell undo " + one->id() + " --reason over").status, 0);
        EXPECT_FALSE(one->in_force());
    }
    EXPECT_EQ(run("quell history verify").status, 0);
}

TEST_F(KilledStep, ALaterDeadlineIsWrittenDownByTheNext) {
    const auto cases = requested_cases();
    {
        const HeldThreads held("quell-history");
        for (const auto& one : cases) EXPECT_EQ(run("quell extend " + one->id() + " --for 2h --reason later").status, 0) << one->row().response;
        kill_daemon(SIGKILL);
    }
    start_daemon();
    for (const auto& one : cases) {
        SCOPED_TRACE(one->row().response);
        EXPECT_EQ(one->state(), "pending");
        EXPECT_GT(show(one->id()).value("time_left_s", 0), 6000) << show(one->id()).dump(1);
        expect_actions(*one, {"requested", "extended"});
        EXPECT_NE(text_of(one->id(), "extended").find("told by the kernel's entry"), std::string::npos) << text_of(one->id(), "extended");
    }
    settle();
    kill_daemon(SIGKILL);
    start_daemon();
    for (const auto& one : cases) expect_actions(*one, {"requested", "extended"});  // once
    expect_approved_whole_and_undone(cases);
}

class KilledDeletion : public KilledStep {
protected:
    static Cases taken_cases() {
        Cases cases;
        for (const auto& row : kRows) {
            if (!takes_evidence(row)) continue;
            cases.push_back(std::make_unique<Case>(row));
            cases.back()->request();
            EXPECT_EQ(cases.back()->approve().status, 0) << row.response;
            cases.back()->expect_whole();
        }
        settle();
        return cases;
    }
    static std::string item(const Case& one, const std::string& dot) { return "/var/lib/quell/evidence/" + dot + one.id() + "-" + one.row().response; }
    // The history says it was taken, and there is none: taking it back once more gives it the row that it lacks.
    static void expect_gone_and_written_down(const Case& one) {
        SCOPED_TRACE(one.row().response);
        EXPECT_EQ(one.state(), "done");
        EXPECT_FALSE(one.in_force());
        EXPECT_NE(run("quell evidence verify " + one.id()).status, 0) << "it is missed";
        const auto output = run("quell undo " + one.id() + " --reason over");
        EXPECT_EQ(output.status, 0) << output.text;
        EXPECT_EQ(one.state(), "undone");
        EXPECT_EQ(text_of(one.id(), "undone"), "the evidence was gone already");
        EXPECT_EQ(run("quell undo " + one.id() + " --reason again").status, 5);
        EXPECT_EQ(run("quell history verify").status, 0);
    }
};

TEST_F(KilledDeletion, ThatIsNotWrittenDownIsWrittenDownByWhoAsksAgain) {
    const auto cases = taken_cases();
    {
        const HeldThreads held("quell-history");
        for (const auto& one : cases) EXPECT_EQ(run("quell undo " + one->id() + " --reason over").status, 0) << one->row().response;
        kill_daemon(SIGKILL);
    }
    start_daemon();
    for (const auto& one : cases) expect_gone_and_written_down(*one);
}

// In its middle it has lost its name, and half of what is in it: by hand, as the store does it.
TEST_F(KilledDeletion, ThatIsHalfDoneIsDoneByTheNext) {
    const auto cases = taken_cases();
    kill_daemon(SIGKILL);
    for (const auto& one : cases) must("mv " + item(*one, "") + " " + item(*one, ".") + " && rm " + item(*one, ".") + "/manifest.json");
    start_daemon();
    for (const auto& one : cases) {
        EXPECT_TRUE(eventually([&] { return run("test -e " + item(*one, ".")).status != 0; })) << run("ls -lA /var/lib/quell/evidence").text;
        expect_gone_and_written_down(*one);
    }
}

}  // namespace
}  // namespace quell::guest
