// SPDX-License-Identifier: Apache-2.0
// A freeze that never completes, and one in whose middle the daemon is killed:
// no container stays frozen for what was to take a moment, and each is told.
#include <csignal>
#include <future>

#include "vm-tests/faults/stuck.h"

namespace quell::guest {
namespace {

class Frozen : public Stuck {
protected:
    // The one that was asked for, and is not over.
    static std::string asked_for() {
        std::string id = "0";
        EXPECT_TRUE(eventually([&] {
            for (const auto& one : incidents())
                if (one["policy"] == "manual") id = one["id"];
            return id != "0";
        })) << run("quell incidents --all").text;
        return id;
    }
    static std::string result_of(const std::string& id, const std::string& action) {
        const auto history = quell("history --incident " + id);
        for (const auto& row : history["rows"])
            if (row["action"] == action) return row["result"];
        return "no row " + action;
    }
    static bool is_told_of() { return quell("history --limit 30")["rows"].dump().find("left frozen by a daemon that ended") != std::string::npos; }
};

TEST_F(Frozen, AnIsolationThatCannotInterruptAllHoldsAndSaysSo) {
    stick();
    const auto output = run("quell respond isolate-network --container stuck --reason freeze --yes");
    EXPECT_EQ(output.status, 0) << output.text;
    const auto id = asked_for();
    EXPECT_EQ(show(id)["state"], "enforcing");
    EXPECT_NE(result_of(id, "enforcing").find("not every process could be interrupted"), std::string::npos) << result_of(id, "enforcing");
    EXPECT_FALSE(is_told_to_freeze()) << "the others go on";
    thaw();
    EXPECT_EQ(victim_.exec("true").status, 0);
    EXPECT_EQ(run("quell undo " + id + " --reason over").status, 0);
}

// Killed while it waits for all to be frozen: the next one lets them go on.
TEST_F(Frozen, ADaemonThatIsKilledMeanwhileLeavesNobodyFrozen) {
    stick();
    auto asked = std::async(std::launch::async, [] { return run("quell respond isolate-network --container stuck --reason freeze --yes").status; });
    bool seen = false;
    EXPECT_TRUE(eventually([&] { return seen = is_told_to_freeze(); }));
    kill_daemon(SIGKILL);
    EXPECT_NE(asked.get(), 0);
    ASSERT_TRUE(seen && is_told_to_freeze()) << "it was not killed in that moment";
    start_daemon();
    EXPECT_TRUE(eventually([&] { return !is_told_to_freeze(); }));
    EXPECT_TRUE(is_told_of()) << quell("history --limit 30").dump(1);
    const auto id = asked_for();
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "enforcing"; })) << show(id).dump(1);
    EXPECT_TRUE(eventually([&] { return !is_told_to_freeze(); })) << "it interrupts them once more, for a moment";
    thaw();
    EXPECT_EQ(victim_.exec("true").status, 0);
    EXPECT_EQ(run("quell undo " + id + " --reason over").status, 0);
    EXPECT_EQ(run("quell history verify").status, 0);
}

// Before a capture it is frozen before it is approved. What a daemon leaves that is killed in between, by hand.
TEST_F(Frozen, WhatWasFrozenForAnApprovalThatNeverCameGoesOn) {
    Container victim("instant");
    victim.start();
    const std::string file = "/sys/fs/cgroup" + victim.cgroup() + "/cgroup.freeze";
    kill_daemon(SIGKILL);
    must("mkdir -p /run/quell/frozen && touch /run/quell/frozen/$(stat --printf %i $(dirname " + file + ")) && echo 1 >" + file);
    start_daemon();
    EXPECT_TRUE(eventually([&] { return run("cat " + file).text == "0\n"; }));
    EXPECT_TRUE(is_told_of()) << quell("history --limit 30").dump(1);
    EXPECT_EQ(run("ls /run/quell/frozen").text, "");
    EXPECT_EQ(victim.exec("true").status, 0);
}

}  // namespace
}  // namespace quell::guest
