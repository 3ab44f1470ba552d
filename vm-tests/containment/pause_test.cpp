// SPDX-License-Identifier: Apache-2.0
// pause-container: it stands still until it is resumed, whoever is in it or
// comes into it, and whoever has paused it is known after a daemon's end, too.
#include <algorithm>
#include <csignal>

#include "user/base/id.h"
#include "vm-tests/containment/halted.h"
#include "vm-tests/harness/kernel_side.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;

class Pause : public Halted {
protected:
    static ContainerOptions counting() {
        ContainerOptions options;
        options.command = "while :; do echo x >>/tmp/beat; sleep 0.05; done";
        return options;
    }
    // How often it did something within a while.
    [[nodiscard]] static long beats(const Container& victim) {
        const auto count = "stat -c %s " + victim.directory() + "/rootfs/tmp/beat";
        return std::stol(must("a=$(" + count + "); sleep 1; b=$(" + count + "); echo $((b - a))"));
    }
    static void expect_paused(const Container& victim, const std::string& id) {
        const auto output = approve(id, "pause-container");
        EXPECT_EQ(output.status, 0) << output.text;
        EXPECT_EQ(show(id)["state"], "enforcing") << show(id).dump(1);
        EXPECT_TRUE(frozen(victim));
    }
};

TEST_F(Pause, StandsStillUntilItIsResumed) {
    Container victim("still", counting());
    victim.start();
    // its own nested cgroup, frozen by itself before
    must("mkdir " + path(victim, "own") + " && (sleep 4242 >/dev/null 2>&1 & echo $! >" + path(victim, "own/cgroup.procs") + ") && echo 1 >" + path(victim, "own/cgroup.freeze"));
    const auto id = incident_of(victim, "still"), other = incident_of(victim, "still", "c.log");
    const auto offered = offer(id, "pause-container");
    EXPECT_EQ(offered["undo"], "resume");
    EXPECT_NE(offered.value("warning", "").find("liveness probe"), std::string::npos) << offered;
    EXPECT_GT(beats(victim), 0);
    expect_paused(victim, id);
    EXPECT_EQ(beats(victim), 0);
    EXPECT_NE(result_of(id, "enforcing").find("frozen"), std::string::npos) << result_of(id, "enforcing");

    // who is moved into it stands still, too
    const auto pid = must("sh -c 'while :; do echo x >>/tmp/entered; sleep 0.05; done' >/dev/null 2>&1 & echo $!");
    must("echo " + pid.substr(0, pid.size() - 1) + " >" + path(victim, "cgroup.procs"));
    EXPECT_TRUE(eventually([&] { return frozen(victim); }));
    EXPECT_EQ(must("a=$(stat -c %s /tmp/entered); sleep 0.5; b=$(stat -c %s /tmp/entered); echo $((b - a))"), "0\n");

    // paused is paused: once
    EXPECT_FALSE(offer(other, "pause-container")["available"]) << "of the paused";
    EXPECT_NE(offer(other, "pause-container")["reason"].get<std::string>().find("paused already by incident " + id), std::string::npos);

    const auto output = run("quell undo " + id + " --reason seen");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_NE(output.text.find("resumed"), std::string::npos) << output.text;
    EXPECT_GT(beats(victim), 0);
    EXPECT_EQ(must("cat " + path(victim, "cgroup.freeze") + " " + path(victim, "own/cgroup.freeze")), "0\n1\n") << "the nested one is as it was";
    EXPECT_EQ(actions_of(id), (Actions{"detected", "approved", "flipped", "enforcing", "undone"}));
    must("kill -9 " + pid);
    must("pkill -9 -fx 'sleep 4242'");
}

TEST_F(Pause, AKillReachesTheFrozenAndEndsThePause) {
    Container victim("both", counting());
    victim.start();
    const auto id = incident_of(victim, "both"), other = incident_of(victim, "both", "c.log");
    expect_paused(victim, id);
    const auto output = approve(other, "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(actions_of(other), (Actions{"detected", "approved", "flipped", "done"}));
    victim.destroy();
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "gone"; })) << show(id)["state"];
    EXPECT_EQ(actions_of(id), (Actions{"detected", "approved", "flipped", "enforcing", "gone"}));
    EXPECT_EQ(run("quell undo " + id + " --reason late").status, 5);
}

// By the kernel side alone, too: two at once have one winner.
TEST_F(Pause, OneOfTwoHoldsIt) {
    Container victim("twice", counting());
    victim.start();
    const auto id = incident_of(victim, "twice"), other = incident_of(victim, "twice", "c.log");
    {
        KernelSide kernel;
        EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_PAUSE_CONTAINER), 0);
        EXPECT_EQ(kernel.approve(other, QUELL_RESPONSE_PAUSE_CONTAINER), -EEXIST);
        EXPECT_FALSE(frozen(victim)) << "flipped, and the daemon was dead";
    }
    // the next daemon does what the flip asked for
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "enforcing"; })) << show(id)["state"];
    EXPECT_TRUE(frozen(victim));
    // what is killed next must have it on the disk: a row that was only made is lost with it
    EXPECT_TRUE(eventually([&] {
        const auto rows = quell("history --incident " + id)["rows"];
        return !rows.empty() && rows[0]["action"] == "enforcing" && rows[0]["row"] != 0;
    }));
    {
        KernelSide kernel;  // undone, and dead before it was resumed
        EXPECT_EQ(kernel.move(id, QUELL_STATE_ENFORCING, QUELL_STATE_UNDONE), 0);
        EXPECT_TRUE(frozen(victim));
    }
    EXPECT_TRUE(eventually([&] { return !frozen(victim); }));
    EXPECT_GT(beats(victim), 0);
    EXPECT_EQ(actions_of(id), (Actions{"detected", "approved", "enforcing", "undone"}));
}

TEST_F(Pause, WhatSomebodyElseHasFrozenIsLeftAlone) {
    Container victim("theirs", counting());
    victim.start();
    const auto id = incident_of(victim, "theirs");
    const auto digest = digest_of(id, "pause-container");
    must("echo 1 >" + path(victim, "cgroup.freeze"));
    EXPECT_TRUE(eventually([&] { return frozen(victim); }));
    EXPECT_FALSE(offer(id, "pause-container")["available"]);
    EXPECT_EQ(run("quell approve " + id + "@" + digest + " pause-container --reason x").status, 1);
    EXPECT_TRUE(frozen(victim));
    EXPECT_EQ(actions_of(id), (Actions{"detected", "refused"}));
    must("echo 0 >" + path(victim, "cgroup.freeze"));

    // and the other way round: what somebody else resumes is not said to hold
    expect_paused(victim, id);
    must("echo 0 >" + path(victim, "cgroup.freeze"));
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "failed"; })) << show(id)["state"];
    EXPECT_NE(result_of(id, "failed").find("somebody else"), std::string::npos);
    EXPECT_EQ(run("quell undo " + id + " --reason over").status, 0);
}

TEST_F(Pause, WhoLeftItsCgroupIsNamed) {
    auto options = counting();
    options.host_pid = true;
    Container victim("away", options);
    victim.start();
    victim.begin("exec sleep 4343");
    EXPECT_TRUE(eventually([] { return run("pgrep -fx 'sleep 4343'").status == 0; }));
    auto pid = must("pgrep -fx 'sleep 4343'");
    pid.pop_back();
    must("mkdir -p /sys/fs/cgroup/elsewhere && echo " + pid + " >/sys/fs/cgroup/elsewhere/cgroup.procs");
    const auto id = incident_of(victim, "away");
    const auto output = approve(id, "pause-container");
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_NE(output.text.find("still there: " + pid), std::string::npos) << output.text;
    EXPECT_TRUE(frozen(victim)) << "the others";
    EXPECT_EQ(actions_of(id), (Actions{"detected", "approved", "flipped", "failed"}));
    EXPECT_EQ(run("quell undo " + id + " --reason over").status, 0);
    EXPECT_GT(beats(victim), 0);
    must("kill -9 " + pid);
}

// A process that writes to a frozen filesystem sleeps uninterruptibly: no freezer reaches it before it wakes up.
TEST_F(Pause, WhoDoesNotFreezeIsNamedAndFreezesLater) {
    must("modprobe loop && truncate -s 16M /srv/ice.img && mke2fs -q -F -t ext4 /srv/ice.img && mkdir -p /srv/ice && mount -o loop /srv/ice.img /srv/ice");
    {
        auto options = counting();
        options.mounts = {{{"destination", "/vol"}, {"type", "bind"}, {"source", "/srv/ice"}, {"options", {"bind", "rw"}}}};
        Container victim("stuck", options);
        victim.start();
        must("fsfreeze -f /srv/ice");
        victim.begin("dd if=/dev/zero of=/vol/x count=1; sleep 1000");
        EXPECT_TRUE(eventually([] { return run("grep -q '^State:.D' /proc/$(pgrep -x dd)/status").status == 0; }));
        auto writer = must("pgrep -x dd");
        writer.pop_back();
        const auto id = incident_of(victim, "stuck");
        const auto output = approve(id, "pause-container");
        EXPECT_EQ(output.status, 1) << output.text;
        EXPECT_NE(output.text.find("still there: " + writer + " dd"), std::string::npos) << output.text;
        EXPECT_FALSE(frozen(victim));
        EXPECT_EQ(beats(victim), 0) << "the others";
        EXPECT_NE(result_of(id, "failed").find("uninterruptible sleep"), std::string::npos) << result_of(id, "failed");
        must("fsfreeze -u /srv/ice");
        EXPECT_TRUE(eventually([&] { return frozen(victim); })) << "late";
        EXPECT_EQ(run("quell undo " + id + " --reason over").status, 0);
        EXPECT_TRUE(eventually([&] { return !frozen(victim); }));
        EXPECT_EQ(actions_of(id), (Actions{"detected", "approved", "flipped", "failed", "undone"}));
    }
    must("umount /srv/ice; rm /srv/ice.img");
}

// With the pins goes whoever knows of it. No daemon is there behind it: a suite of its own.
class PauseUnload : public Pause {
protected:
    void SetUp() override {
        if (!daemon_pid()) start_daemon();
    }
    static void TearDownTestSuite() {}
    void TearDown() override {}
};

TEST_F(PauseUnload, ResumesWhatIsPaused) {
    Container victim("unloaded", counting());
    victim.start();
    expect_paused(victim, incident_of(victim, "unloaded"));
    kill_daemon(SIGTERM);
    EXPECT_TRUE(frozen(victim)) << "a daemon's end changes nothing";
    must("quelld --unload");
    EXPECT_TRUE(eventually([&] { return !frozen(victim); }));
    EXPECT_GT(beats(victim), 0);
}

// As a daemon leaves it that is killed while it captures what it is to kill.
TEST_F(PauseUnload, LetsGoOnWhatWasFrozenForACapture) {
    Container victim("captured");
    victim.start();
    const auto id = incident_of(victim, "captured");
    kill_daemon(SIGKILL);
    must("echo 1 >" + path(victim, "cgroup.freeze"));
    EXPECT_TRUE(eventually([&] { return frozen(victim); }));
    {
        const auto engine = bpf::Engine::open({.loader = "/bin/false"});
        ASSERT_TRUE(engine) << engine.error().message;
        for (const auto& one : (*engine)->pending()) {
            if (id_text(QUELL_WORD_INCIDENT(one.value.word)) != id) continue;
            auto request = approval_of(one, QUELL_RESPONSE_KILL_CONTAINER);
            request.beside = QUELL_BESIDE_CAPTURE | QUELL_BESIDE_FROZEN;
            const auto answer = (*engine)->transition(request);
            ASSERT_TRUE(answer);
            EXPECT_EQ(answer->error, 0);
        }
    }
    must("quelld --unload");
    EXPECT_EQ(must("cat " + path(victim, "cgroup.freeze")), "0\n");
    EXPECT_EQ(victim.exec("true").status, 0) << "it is given up with all the others";
    start_daemon();
    EXPECT_FALSE(frozen(victim));
    EXPECT_EQ(victim.exec("true").status, 0);
}

}  // namespace
}  // namespace quell::guest
