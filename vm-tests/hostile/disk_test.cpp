// SPDX-License-Identifier: Apache-2.0
// A disk that takes no history: said loudly, and neither detection nor an
// approval waits for it. What happened is written when it is back.
#include <gtest/gtest.h>

#include <csignal>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr const char* kPlace = "/var/lib/quell";

class Disk : public testing::Test {
protected:
    void TearDown() override {
        if (daemon_pid()) kill_daemon(SIGTERM);
        (void)run(std::string("umount ") + kPlace);
        start_daemon();
        reject_all();
    }
    // The daemon's history on a disk of its own, of 1 MB.
    static void start_on_a_small_disk(const std::string& then) {
        kill_daemon(SIGTERM);
        must(std::string("mount -t tmpfs -o size=1m tmpfs ") + kPlace + " && " + then);
        start_daemon();
    }
    // What the history's own files still have room for is written, too: refused approvals make rows until none fits.
    static void fill() {
        (void)run(std::string("cat /dev/zero >") + kPlace + "/filler");
        must("echo x >/var/log/fills && /w/attack truncate /var/log/fills");
        const auto id = wait_for([](const Json& one) { return one["operation"] == "truncate" && one["subject"] == "host"; });
        ASSERT_TRUE(id) << run("quell incidents").text;
        EXPECT_TRUE(eventually([&] {
            EXPECT_EQ(run("quell approve " + std::string((*id)["id"]) + "@000000000000 kill-process --reason full").status, 5);
            return warns();
        })) << quell("status").dump(1);
    }
    static bool warns() { return quell("status")["status"]["warnings"].dump().find("the history cannot be written") != std::string::npos; }
    // Detected, shown, approved, enforced, in time; no row of it is on the disk.
    static std::string contain_without_history() {
        Container victim("disk");
        victim.start();
        victim.begin("sleep 1000");
        const auto before = matches();
        EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
        const auto id = pending_id("disk", "delete");
        expect_told(show(id), before, "with no disk to tell it to");
        EXPECT_TRUE(eventually(warns)) << quell("status").dump(1);
        EXPECT_NE(run("quell status").text.find("the history cannot be written"), std::string::npos);
        const auto output = approve(id, "kill-container");
        EXPECT_EQ(output.status, 0) << output.text;
        EXPECT_EQ(victim.ended(), 128 + SIGKILL);
        EXPECT_EQ(show(id)["state"], "done");
        EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"})) << "rows that wait for the disk are listed";
        EXPECT_EQ(run("grep -q 'history: not written, rows wait\\|the history cannot be opened' /var/log/quelld.console").status, 0) << "and the log has it";
        return id;
    }
    static void expect_written(const std::string& id) {
        EXPECT_TRUE(eventually([] { return !warns(); }));
        EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
        EXPECT_EQ(run("quell history verify").status, 0);
    }
};

TEST_F(Disk, FullAfterTheStart) {
    start_on_a_small_disk("true");
    EXPECT_FALSE(warns());
    fill();
    const auto id = contain_without_history();
    must(std::string("rm ") + kPlace + "/filler");
    expect_written(id);
}

TEST_F(Disk, FullBeforeTheStart) {
    start_on_a_small_disk(std::string("cat /dev/zero >") + kPlace + "/filler 2>/dev/null; true");
    const auto id = contain_without_history();
    must(std::string("rm ") + kPlace + "/filler");
    expect_written(id);
}

TEST_F(Disk, ReadOnlyBeforeTheStart) {
    start_on_a_small_disk(std::string("mount -o remount,ro ") + kPlace);
    const auto id = contain_without_history();
    must(std::string("mount -o remount,rw ") + kPlace);
    expect_written(id);
}

// There is no directory for it, and none can be made.
TEST_F(Disk, ReadOnlyAndWithoutItsDirectory) {
    kill_daemon(SIGTERM);
    must("mount -t tmpfs -o ro tmpfs /var/lib");
    start_daemon();
    (void)contain_without_history();
    kill_daemon(SIGTERM);
    must("umount /var/lib");
}

// A disk that hangs: whoever reads or verifies the history waits for it, and nobody else.
TEST_F(Disk, HangingHoldsUpNoDecision) {
    kill_daemon(SIGTERM);
    must(std::string("modprobe loop && truncate -s 16M /srv/hangs.img && mke2fs -q -F -t ext4 /srv/hangs.img && mount -o loop /srv/hangs.img ") + kPlace);
    start_daemon();
    Container victim("hangs");
    victim.start();
    victim.begin("sleep 1000");
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("hangs", "delete");
    const auto digest = digest_of(id, "kill-container");
    must(std::string("fsfreeze -f ") + kPlace);
    must("(timeout 100 quell history; timeout 100 quell history verify) >/dev/null 2>&1 &");
    must("timeout 100 quell history verify >/dev/null 2>&1 &");
    must("sleep 1");
    const auto began = std::chrono::steady_clock::now();
    const auto output = run("quell approve " + id + "@" + digest + " kill-container --reason hangs");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_EQ(show(id)["state"], "done");
    must(std::string("fsfreeze -u ") + kPlace);
    expect_written(id);
}

// What is decided meanwhile is not only in the daemon's memory: the kernel's entry knows it.
TEST_F(Disk, FullWhenTheDaemonDies) {
    start_on_a_small_disk("true");
    fill();
    Container victim("dies");
    victim.start();
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto id = pending_id("dies", "truncate");
    ASSERT_EQ(approve(id, "quarantine-file").status, 0);
    kill_daemon(SIGKILL);
    must(std::string("rm ") + kPlace + "/filler");
    start_daemon();
    const auto incident = show(id);
    EXPECT_EQ(incident["state"], "enforcing");
    EXPECT_EQ(incident["decided_by"]["uid"], 0);
    expect_refused(victim, "read /var/log/b.log");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "enforcing", "undone"}));
}

}  // namespace
}  // namespace quell::guest
