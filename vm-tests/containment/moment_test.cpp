// SPDX-License-Identifier: Apache-2.0
// The moment in which isolate-network has a container frozen, so that calls
// begin anew: who is to be frozen for longer in it is so, and Quell is not
// taken for somebody else. A process that does not freeze makes it a second.
#include <algorithm>
#include <future>

#include "vm-tests/faults/stuck.h"

namespace quell::guest {
namespace {

const std::string kMomentRules = std::string(kPolicyDirectory) + "/moment.yaml";

class Moment : public Stuck {
protected:
    static void SetUpTestSuite() {
        Stuck::SetUpTestSuite();
        std::string rules;
        for (const std::string log : {"dpkg", "b", "c"})
            rules += "    - id: " + log + "-log\n      severity: high\n      on: [delete]\n      where: {subject: container}\n      match: {path: [/var/log/" + log +
                     ".log]}\n      respond: {offer: [isolate-network, pause-container], " + (log == "dpkg" ? "while-pending: [pause-container], " : "") + "expires: 1h}\n";
        must(std::string("rm -f ") + kPolicyDirectory + "/*");
        write(kMomentRules, "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: site}\nspec:\n  rules:\n" + rules);
        must("quell policy apply");
    }
    static void TearDownTestSuite() {
        must("rm -f " + kMomentRules);
        apply_pack();
        Stuck::TearDownTestSuite();
    }
    // Of the rule on that log.
    static std::string incident_of(const std::string& rule) {
        const auto found = wait_for_pending([&](const Json& one) { return one["rule"] == rule; });
        EXPECT_TRUE(found) << run("quell incidents --all").text;
        return found ? (*found)["id"].get<std::string>() : "0";
    }
    std::string removed(const std::string& log) {
        EXPECT_EQ(victim_.exec("rm /var/log/" + log + ".log").status, 0);
        return incident_of(log + "-log");
    }
    static std::string result_of(const std::string& id, const std::string& action) {
        const auto history = quell("history --incident " + id);
        for (const auto& row : history["rows"])
            if (row["action"] == action) return row["result"];
        return "no row " + action;
    }
    static bool has_row(const std::string& id, const std::string& action) {
        const auto actions = actions_of(id);
        return std::ranges::find(actions, action) != actions.end();
    }
    [[nodiscard]] bool is_frozen() const { return run("grep -qx 'frozen 1' /sys/fs/cgroup" + victim_.cgroup() + "/cgroup.events").status == 0; }
    // Cuts the network and goes on in that moment.
    std::future<Output> cut(const std::string& id) {
        const auto command = "quell approve " + id + "@" + digest_of(id, "isolate-network") + " isolate-network --reason moment";
        auto asked = std::async(std::launch::async, [command] { return run(command); });
        EXPECT_TRUE(eventually([&] { return is_told_to_freeze(); }));
        return asked;
    }
};

TEST_F(Moment, APauseInItIsNotRefusedAndStays) {
    stick();
    const auto isolated = removed("b"), paused = removed("c");
    const auto command = "quell approve " + paused + "@" + digest_of(paused, "pause-container") + " pause-container --reason moment";
    auto isolation = cut(isolated);
    const auto pause = run(command);
    EXPECT_EQ(pause.status, 1) << "it has one that does not freeze: " << pause.text;
    EXPECT_EQ(isolation.get().status, 0);
    EXPECT_EQ(show(paused)["state"], "failed") << show(paused)["note"];
    EXPECT_NE(result_of(paused, "failed").find("uninterruptible sleep"), std::string::npos) << result_of(paused, "failed");
    EXPECT_TRUE(is_told_to_freeze()) << "the moment's end leaves it so";
    thaw();
    EXPECT_TRUE(eventually([&] { return is_frozen(); }));
    EXPECT_EQ(run("quell undo " + paused + " --reason over").status, 0);
    EXPECT_FALSE(is_told_to_freeze());
    EXPECT_EQ(show(isolated)["state"], "enforcing");
    EXPECT_EQ(run("quell undo " + isolated + " --reason over").status, 0);
    EXPECT_EQ(run("ls /run/quell/frozen").text, "");
}

// Who acts in that moment has left the cgroup.
TEST_F(Moment, WhatARuleWantsFrozenInItIsHeld) {
    victim_.start();
    victim_.begin("until [ -e /tmp/go ]; do sleep 0.05; done; rm /var/log/dpkg.log; sleep 1000");
    must("mkdir -p /sys/fs/cgroup/elsewhere && pgrep -f '^/bin/sh -c : >/tmp/begun; until' >/sys/fs/cgroup/elsewhere/cgroup.procs");
    const auto isolated = removed("b");
    must("fsfreeze -f /srv/still");
    stuck_ = true;
    must("crun --cgroup-manager=cgroupfs exec stuck /bin/sh -c 'dd if=/dev/zero of=/vol/x count=1' </dev/null >/dev/null 2>&1 &");
    EXPECT_TRUE(eventually([] { return run("grep -q '^State:.D' /proc/$(pgrep -x dd)/status").status == 0; }));
    auto isolation = cut(isolated);
    must("touch " + victim_.directory() + "/rootfs/tmp/go");
    const auto id = incident_of("dpkg-log");
    EXPECT_EQ(isolation.get().status, 0);
    thaw();
    EXPECT_TRUE(eventually([&] { return has_row(id, "held") || has_row(id, "not-held"); }));
    EXPECT_TRUE(has_row(id, "held")) << result_of(id, "not-held");
    EXPECT_TRUE(is_frozen());
    EXPECT_EQ(run("quell reject " + id + " --reason over").status, 0);
    EXPECT_FALSE(is_told_to_freeze());
    EXPECT_EQ(run("quell undo " + isolated + " --reason over").status, 0);
}

}  // namespace
}  // namespace quell::guest
