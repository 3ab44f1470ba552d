// SPDX-License-Identifier: Apache-2.0
// Hooks that only a containment needs: attached while one waits or holds, and
// detached from the kernel when none has needed them for a while.
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr auto kLonger = std::chrono::seconds(6);  // than the hooks are kept here

// By the kernel's list of links, not by what the daemon says of itself. Programs' names may be cut at 15 bytes there.
bool linked(const std::string& hook) {
    const auto program = ("quell_" + hook).substr(0, 15);
    const auto text = must("bpftool -j prog show | jq -c '[.[] | select(.name // \"\" | startswith(\"" + program + "\")) | .id]'; bpftool -j link show | jq -c '[.[] | .prog_id]'");
    const auto programs = Json::parse(text.substr(0, text.find('\n'))), links = Json::parse(text.substr(text.find('\n')));
    EXPECT_EQ(programs.size(), 1u) << program;
    for (const auto& link : links)
        if (link == programs[0]) return true;
    return false;
}

bool attached(const std::string& hook) {
    const auto status = quell("status")["status"];
    for (const auto& one : status["hooks"])
        if (one["name"] == hook) return one["attached"];
    ADD_FAILURE() << "no hook " << hook;
    return false;
}

class Disarming : public testing::Test {
protected:
    // once for all of them: at a start every program is verified anew
    static void SetUpTestSuite() { restart("s/keep_armed_s: 300/keep_armed_s: 3/"); }
    static void TearDownTestSuite() { restart("s/keep_armed_s: 3$/keep_armed_s: 300/"); }
    void TearDown() override { reject_all(); }
    static void restart(const std::string& edit) {
        must("sed -i '" + edit + "' /etc/quell/quell.yaml");
        kill_daemon(SIGTERM);
        start_daemon();
    }
    static void expect_armed(bool kill, bool quarantine) {
        EXPECT_TRUE(eventually([&] { return attached("task_alloc") == kill && attached("file_permission") == quarantine; })) << run("quell status").text;
        EXPECT_EQ(linked("task_alloc"), kill);
        EXPECT_EQ(linked("file_permission"), quarantine);
        EXPECT_TRUE(linked("inode_unlink")) << "rules need it";
    }
};

TEST_F(Disarming, HooksStayWhileAContainmentNeedsThemAndGoAfterwards) {
    Container victim("armed");
    victim.start();
    victim.begin("sleep 1000");
    expect_armed(false, false);
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto first = pending_id("armed", "truncate");
    expect_armed(true, true);
    std::this_thread::sleep_for(kLonger);
    expect_armed(true, true);
    EXPECT_EQ(run("quell reject " + first + " --reason no").status, 0);
    expect_armed(false, false);

    // what is enforced keeps its own hooks, and no others
    EXPECT_EQ(attack(victim, "truncate /var/log/c.log"), 0);
    const auto second = pending_id("armed", "truncate");
    EXPECT_EQ(approve(second, "quarantine-file").status, 0);
    expect_armed(false, true);
    std::this_thread::sleep_for(kLonger);
    expect_refused(victim, "read /var/log/c.log");
    EXPECT_EQ(run("quell undo " + second + " --reason done").status, 0);
    EXPECT_EQ(actions_of(second), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
    expect_armed(false, false);

    // and are there again for the next one
    EXPECT_EQ(attack(victim, "unlink /var/log/b.log"), 0);
    const auto third = pending_id("armed", "delete");
    expect_armed(true, false);
    const auto output = approve(third, "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_EQ(actions_of(third), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
    expect_armed(false, false);
}

// The hooks are attached behind the event: an approval that comes meanwhile waits for them and then holds.
TEST_F(Disarming, AnApprovalThatComesWhileItArmsWaitsForTheHooks) {
    Container victim("early");
    victim.start();
    expect_armed(false, false);
    const auto daemon = std::to_string(daemon_pid());
    must("kill -STOP " + daemon);
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    // What will be approved is asked for before anybody could arm: the call lies in the socket when the daemon goes on.
    must("sh -c 'quell show --json $(quell incidents --json | jq -r \".incidents[0].id\") >/tmp/seen; true' >/tmp/early 2>&1 & sleep 1; kill -CONT " + daemon);
    EXPECT_TRUE(eventually([] { return run("jq -e .incident.id /tmp/seen").status == 0; })) << run("cat /tmp/early /tmp/seen").text;
    const auto seen = Json::parse(run("cat /tmp/seen").text)["incident"];
    EXPECT_TRUE(seen["state"] == "arming" || seen["state"] == "pending") << seen["state"];
    std::string digest;
    for (const auto& offer : seen["offers"])
        if (offer["response"] == "quarantine-file") digest = offer.value("digest", "");
    ASSERT_FALSE(digest.empty()) << "an offer that arms can be looked at: " << seen.dump(1);
    const std::string id = seen["id"];
    const auto output = run("quell approve " + id + "@" + digest + " quarantine-file --reason early");
    EXPECT_EQ(output.status, 0) << output.text;
    expect_refused(victim, "read /var/log/b.log");
    expect_armed(false, true);  // what a kill would have needed goes three seconds after the decision
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
}

// Point 3 of docs/architecture.md: nobody was there to attach hooks, the next daemon does.
TEST_F(Disarming, WhatArmsWhenTheDaemonIsDeadIsArmedByTheNext) {
    Container victim("orphan");
    victim.start();
    expect_armed(false, false);
    kill_daemon(SIGKILL);
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    start_daemon();
    const auto id = pending_id("orphan", "truncate");
    expect_armed(true, true);
    EXPECT_EQ(approve(id, "quarantine-file").status, 0);
    expect_refused(victim, "read /var/log/b.log");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
}

}  // namespace
}  // namespace quell::guest
