// SPDX-License-Identifier: Apache-2.0
// What the kernel's files and maps refuse in the middle of a response: it is
// done another way, or it has failed, loudly, and can be taken back.
#include <gtest/gtest.h>

#include <csignal>
#include <future>

#include "vm-tests/faults/held_threads.h"
#include "vm-tests/faults/rows.h"
#include "vm-tests/harness/losses.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;

const Row& row_of(const std::string& response) {
    for (const auto& row : kRows)
        if (row.response == response) return row;
    ADD_FAILURE() << "no row of " << response;
    return kRows[0];
}

std::string result_of(const std::string& id, const std::string& action) {
    const auto history = quell("history --incident " + id);
    for (const auto& row : history["rows"])
        if (row["action"] == action) return row["result"];
    return "no row " + action;
}

class Failing : public testing::Test {
protected:
    void TearDown() override {
        must("mount -o remount,bind,rw /sys/fs/cgroup; mount -o remount,rw /sys/fs/bpf");
        if (!daemon_pid()) start_daemon();
        reject_all();
    }
};

// Neither cgroup.kill nor cgroup.freeze can be opened.
TEST_F(Failing, CgroupKillThatCannotBeWrittenIsMadeUpForByPidfds) {
    Case killed(row_of("kill-container")), paused(row_of("pause-container"));
    killed.container().begin("sleep 1000");
    Container deaf("deaf");  // its init hears no SIGTERM
    deaf.start();
    must("mount -o remount,bind,ro /sys/fs/cgroup");
    killed.request();
    paused.request();
    const auto output = killed.approve();
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(killed.container().ended(), 128 + SIGKILL);
    EXPECT_NE(result_of(killed.id(), "done").find("each signalled by itself"), std::string::npos) << result_of(killed.id(), "done");

    const auto stopped = run("quell respond stop-container --container deaf --reason fault --yes");
    EXPECT_EQ(stopped.status, 0) << stopped.text;
    EXPECT_FALSE(deaf.running());

    EXPECT_NE(paused.approve().status, 0);
    EXPECT_EQ(paused.state(), "failed");
    EXPECT_FALSE(paused.in_force());
    EXPECT_NE(result_of(paused.id(), "failed").find("cgroup.freeze"), std::string::npos) << result_of(paused.id(), "failed");
    must("mount -o remount,bind,rw /sys/fs/cgroup");
    killed.expect_whole();
    EXPECT_EQ(run("quell undo " + paused.id() + " --reason over").status, 0);
    EXPECT_EQ(actions_of(paused.id()), (Actions{"requested", "approved", "flipped", "failed", "undone"}));
    EXPECT_EQ(paused.container().exec("true").status, 0);
}

// As Arming.WhereHooksCannotBeAttached*, of what refuses by hooks of its own.
TEST_F(Failing, WithBpffsReadOnlyNothingIsHalfAttached) {
    const auto restart = [](const std::string& edit) {
        must("sed -i '" + edit + "' /etc/quell/quell.yaml");
        kill_daemon(SIGTERM);
        start_daemon();
    };
    restart("s/keep_armed_s: 300/keep_armed_s: 3/");
    const auto attached = [](const std::string& hook) { return run("test -e /sys/fs/bpf/quell/links/" + hook).status == 0; };
    for (const auto& [response, hook] : {std::pair("isolate-network", "socket_sendmsg"), std::pair("deny-write", "deny_create"), std::pair("deny-exec", "mmap_file")}) {
        SCOPED_TRACE(response);
        const auto& row = row_of(response);
        Case first(row);
        EXPECT_TRUE(eventually([&] { return !attached(hook); }, std::chrono::seconds(40)));
        ASSERT_TRUE(eventually([] { return run("mount -o remount,ro /sys/fs/bpf").status == 0; }));
        const auto output = run(std::string("quell respond ") + response + " --container f-" + response + " " + (*row.path ? std::string("--file ") + row.path + " " : "") + row.options + " --reason bare --yes");
        EXPECT_NE(output.status, 0) << output.text;
        EXPECT_FALSE(first.in_force());
        std::string failed;
        for (const auto& one : incidents(true))
            if (one["state"] == "failed" && one.contains("container") && one["container"].value("name", "") == std::string("f-") + response) failed = one["id"];
        ASSERT_NE(failed, "") << run("quell incidents --all").text;
        EXPECT_NE(result_of(failed, "failed").find("could not be attached"), std::string::npos) << result_of(failed, "failed");
        must("mount -o remount,rw /sys/fs/bpf");
        first.request();
        EXPECT_EQ(first.approve().status, 0);
        first.expect_whole();
        first.expect_undone();
    }
    restart("s/keep_armed_s: 3$/keep_armed_s: 300/");
}

// A kill refuses by hooks, too. Attached when its incident began to wait, they need no file any more; where they would have to be attached, it is not armed.
TEST_F(Failing, WithBpffsReadOnlyAKillIsDoneWhereItsHooksAreAttached) {
    const auto restart = [](const std::string& edit) {
        must("sed -i '" + edit + "' /etc/quell/quell.yaml");
        kill_daemon(SIGTERM);
        start_daemon();
    };
    restart("s/keep_armed_s: 300/keep_armed_s: 3/");
    const auto attached = [] { return run("test -e /sys/fs/bpf/quell/links/task_alloc").status == 0; };
    const auto make_read_only = [] { return eventually([] { return run("mount -o remount,ro /sys/fs/bpf").status == 0; }); };
    for (const char* response : {"kill-process", "kill-container", "stop-container"}) {
        SCOPED_TRACE(response);
        Case killed(row_of(response));
        killed.container().begin("exec sleep 6544");
        EXPECT_TRUE(eventually([] { return run("pgrep -x -f 'sleep 6544'").status == 0; }));
        const std::string target = killed.row().process ? "--pid $(pgrep -x -f 'sleep 6544')" : "--container " + killed.container().id();
        EXPECT_TRUE(eventually([&] { return !attached(); }, std::chrono::seconds(40))) << "also where they could not be detached for a while";
        ASSERT_TRUE(make_read_only());
        const auto output = run("quell respond " + std::string(response) + " " + target + " --reason bare --yes");
        EXPECT_NE(output.status, 0) << output.text;
        EXPECT_EQ(run("pgrep -x -f 'sleep 6544'").status, 0) << "nobody is killed";
        EXPECT_TRUE(killed.container().running());
        std::string failed;
        for (const auto& one : incidents(true))
            if (one["state"] == "failed" && one.contains("container") && one["container"].value("name", "") == std::string("f-") + response) failed = one["id"];
        ASSERT_NE(failed, "") << run("quell incidents --all").text;
        EXPECT_EQ(actions_of(failed), (Actions{"requested", "failed", "refused"})) << "and who asked for it is told so";
        EXPECT_NE(result_of(failed, "failed").find("could not be attached"), std::string::npos) << result_of(failed, "failed");
        EXPECT_NE(run("quell undo " + failed + " --reason over").status, 0) << "nothing of it is in force";
        must("mount -o remount,rw /sys/fs/bpf");

        killed.request();
        EXPECT_TRUE(attached());
        ASSERT_TRUE(make_read_only());
        const auto approved = killed.approve();
        EXPECT_EQ(approved.status, 0) << approved.text;
        killed.expect_whole();
        must("sleep 5");  // nobody needs them any more, and they cannot be detached
        must("mount -o remount,rw /sys/fs/bpf");
        if (killed.row().process) must("pkill -x -f 'sleep 6544'");
    }
    restart("s/keep_armed_s: 3$/keep_armed_s: 300/");
}

// Approved with evidence beside it: who comes after a daemon that died before it was taken takes it.
TEST_F(Failing, EvidenceThatWasApprovedIsTakenByTheNextDaemon) {
    Case killed(row_of("kill-container")), quarantined(row_of("quarantine-file"));
    killed.container().begin("sleep 1000");
    killed.request();
    quarantined.request();
    must("sleep 2");
    std::vector<std::future<Output>> approvals;
    {
        const HeldThreads held("quelld-evidence");
        for (const auto& command : {killed.approval() + " --with capture", quarantined.approval() + " --copy"})
            approvals.push_back(std::async(std::launch::async, [command] { return run(command); }));
        EXPECT_TRUE(eventually([&] { return killed.state() == "approved"; })) << show(killed.id()).dump(1);
        EXPECT_TRUE(eventually([&] { return quarantined.state() == "enforcing"; })) << show(quarantined.id()).dump(1);
        EXPECT_EQ(run("cat /sys/fs/cgroup" + killed.container().cgroup() + "/cgroup.freeze").text, "1\n") << "it waits for the capture";
        must("sleep 2");
        kill_daemon(SIGKILL);
    }
    for (auto& one : approvals) EXPECT_NE(one.get().status, 0);
    start_daemon();
    EXPECT_TRUE(eventually([&] { return killed.state() == "done"; }, std::chrono::seconds(60))) << show(killed.id()).dump(1);
    EXPECT_FALSE(killed.container().running());
    EXPECT_EQ(actions_of(killed.id()), (Actions{"requested", "approved", "flipped", "evidence", "done"}));
    EXPECT_EQ(run("quell evidence verify " + killed.id()).status, 0);
    EXPECT_TRUE(eventually([&] { return actions_of(quarantined.id()).back() == "evidence"; }, std::chrono::seconds(60)));
    EXPECT_EQ(actions_of(quarantined.id()), (Actions{"requested", "approved", "flipped", "enforcing", "evidence"}));
    EXPECT_TRUE(quarantined.in_force());
    quarantined.expect_undone();
    EXPECT_EQ(run("quell history verify").status, 0);
}

// The ring is full while the daemon stands still: what found no room in it is found in the kernel's entries.
TEST_F(Failing, WhatTheFullRingLostIsFoundInItsEntry) {
    Container flooder("flooder"), victim("unheard");
    flooder.start();
    victim.start();
    allow_counter("ring-dropped");
    const auto lost = counter("ring-dropped");
    const pid_t daemon = daemon_pid();
    ASSERT_EQ(kill(daemon, SIGSTOP), 0);
    EXPECT_EQ(flooder.exec("for i in $(seq 50); do sh -c 'for j in 1 2 3 4 5 6 7 8; do attack read /etc/shadow; done; :'; done").status, 0);
    EXPECT_GT(counter("ring-dropped"), lost) << "it was not full";
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    ASSERT_EQ(kill(daemon, SIGCONT), 0);
    const auto id = pending_id("unheard", "delete");
    EXPECT_EQ(approve(id, "kill-container").status, 0);
    EXPECT_FALSE(victim.running());
    EXPECT_EQ(actions_of(id), (Actions{"detected", "approved", "flipped", "done"}));
    EXPECT_TRUE(flooder.running());
}

}  // namespace
}  // namespace quell::guest
