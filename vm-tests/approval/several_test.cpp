// SPDX-License-Identifier: Apache-2.0
// Several incidents on one target, several events of one incident: what the
// kernel side alone makes of them.
#include <gtest/gtest.h>

#include <cerrno>

#include "vm-tests/harness/kernel_side.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

class Several : public testing::Test {
protected:
    void TearDown() override { reject_all(); }
    // Two rules, one shell: it is bound by both. Then it waits in an open, and acts again when somebody writes.
    static void act_twice_and_wait(const Container& victim) {
        must("crun --cgroup-manager=cgroupfs exec twice /bin/sh -c 'mkfifo /tmp/go; rm /var/log/b.log; cat /etc/shadow >/dev/null; read x </tmp/go; touch /tmp/acted; sleep 1000' </dev/null >/dev/null 2>&1 &");
        EXPECT_TRUE(eventually([&] { return victim.exec("test -p /tmp/go").status == 0; }));
    }
    static bool go_on(const Container& victim) {
        EXPECT_EQ(victim.exec("echo x >/tmp/go").status, 0);
        return eventually([&] { return victim.exec("test -e /tmp/acted").status == 0; }, std::chrono::seconds(3));
    }
    static quell_u32 bound(const quell_pending& entry) {
        for (quell_u32 i = 0; i < entry.chain_count; i++)
            if (entry.chain[i].actor && std::string(entry.chain[i].comm) == "sh") return i;
        ADD_FAILURE() << "no shell is bound";
        return 0;
    }
    static int kill_shell(KernelSide& kernel, const std::string& id) {
        const int error = kernel.approve(id, QUELL_RESPONSE_KILL_PROCESS, bound(kernel.entry(id)));
        return error ? error : kernel.move(id, QUELL_STATE_APPROVED, QUELL_STATE_FAILED);
    }
    // The older one's id.
    static std::string fail_both_and_undo_the_newer(const Container& victim, bool and_the_older) {
        act_twice_and_wait(victim);
        const auto older = pending_id("twice", "delete"), newer = pending_id("twice", "open-read");
        KernelSide kernel;
        EXPECT_EQ(kill_shell(kernel, older), 0);
        EXPECT_EQ(kill_shell(kernel, newer), 0);
        EXPECT_EQ(kernel.move(newer, QUELL_STATE_FAILED, QUELL_STATE_UNDONE), 0);
        if (and_the_older) {
            EXPECT_EQ(kernel.move(older, QUELL_STATE_FAILED, QUELL_STATE_UNDONE), 0);
        }
        return older;
    }
};

TEST_F(Several, WhatTheNewerOneLeavesTheOlderOneHolds) {
    Container victim("twice");
    victim.start();
    const auto older = fail_both_and_undo_the_newer(victim, false);
    const auto before = denied("task_alloc");
    EXPECT_FALSE(go_on(victim)) << "a kill that failed goes on refusing";
    EXPECT_GT(denied("task_alloc"), before);
    EXPECT_EQ(run("quell undo " + older + " --reason done").status, 0);
    EXPECT_EQ(actions_of(older).back(), "undone");
    EXPECT_EQ(quell("status")["status"]["approved"].get<int>() + quell("status")["status"]["enforcing"].get<int>(), 0);
}

TEST_F(Several, WhenAllHaveLeftItIsFree) {
    Container victim("twice");
    victim.start();
    const auto older = fail_both_and_undo_the_newer(victim, true);
    const auto before = denied_anywhere();
    EXPECT_TRUE(go_on(victim));
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_EQ(actions_of(older).back(), "undone");
}

TEST_F(Several, AFileThatARepeatRemovedIsNotQuarantined) {
    Container victim("repeat");
    victim.start();
    must("crun --cgroup-manager=cgroupfs exec repeat /bin/sh -c 'truncate -s 0 /var/log/b.log; rm /var/log/b.log; sleep 1000' </dev/null >/dev/null 2>&1 &");
    const auto id = pending_id("repeat", "truncate");
    EXPECT_TRUE(eventually([&] { return show(id)["count"] == 2; })) << show(id).dump(1);
    const auto incident = show(id);
    EXPECT_EQ(incident["file"]["exists"], false);
    for (const auto& offer : incident["offers"])
        if (offer["response"] == "quarantine-file") {
            EXPECT_EQ(offer["available"], false);
            EXPECT_FALSE(offer.contains("digest"));
        }
    EXPECT_EQ(run("quell approve " + id + "@000000000000 quarantine-file --reason x").status, 1);
    EXPECT_EQ(actions_of(id).back(), "refused");
    KernelSide kernel;
    EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_QUARANTINE_FILE), -ESRCH) << "the kernel side knows it, too";
}

TEST_F(Several, OneThatHasAnotherNameIsQuarantined) {
    Container victim("repeat");
    victim.start();
    must("crun --cgroup-manager=cgroupfs exec repeat /bin/sh -c 'truncate -s 0 /var/log/b.log; ln /var/log/b.log /tmp/kept; rm /var/log/b.log; sleep 1000' </dev/null >/dev/null 2>&1 &");
    const auto id = pending_id("repeat", "truncate");
    EXPECT_TRUE(eventually([&] { return show(id)["count"] == 3; })) << show(id).dump(1);
    EXPECT_EQ(show(id)["file"]["exists"], true);
    ASSERT_EQ(approve(id, "quarantine-file").status, 0);
    expect_refused(victim, "read /tmp/kept");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(attack(victim, "read /tmp/kept"), 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "undone"}));
}

}  // namespace
}  // namespace quell::guest
