// SPDX-License-Identifier: Apache-2.0
// What is decided while hooks are being attached, and what becomes of an
// incident whose hooks cannot be.
#include <gtest/gtest.h>

#include <csignal>
#include <future>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;

class Arming : public testing::Test {
protected:
    void SetUp() override {
        restart("s/keep_armed_s: 300/keep_armed_s: 3/");
        EXPECT_TRUE(eventually([] { return !attached("file_permission"); })) << run("quell status").text;
    }
    void TearDown() override {
        must("mount -o remount,rw /sys/fs/bpf");
        reject_all();
        restart("s/keep_armed_s: 3$/keep_armed_s: 300/");
    }
    static void restart(const std::string& edit) {
        must("sed -i '" + edit + "' /etc/quell/quell.yaml");
        kill_daemon(SIGTERM);
        start_daemon();
    }
    static bool attached(const std::string& hook) {
        const auto status = quell("status")["status"];
        for (const auto& one : status["hooks"])
            if (one["name"] == hook) return one["attached"];
        return false;
    }
    // Who looks up the container's name attaches hooks, too: it may not be known yet.
    static std::string id_in(const std::string& state) {
        std::string id = "0";
        EXPECT_TRUE(eventually([&] {
            for (const auto& one : incidents(true))
                if (one["state"] == state && id == "0") id = one["id"];
            return id != "0";
        })) << run("quell incidents --all").text;
        return id;
    }
};

// The thread that attaches hooks is frozen, by a cgroup of its own: there is time to decide.
class HeldUp : public Arming {
protected:
    void SetUp() override {
        Arming::SetUp();
        const auto pid = std::to_string(daemon_pid());
        must("mkdir -p " + cgroup_ + "/arm && echo threaded >" + cgroup_ + "/arm/cgroup.type && echo " + pid + " >" + cgroup_ + "/cgroup.procs");
        must("for comm in $(grep -lx quelld-arm /proc/" + pid + "/task/*/comm); do basename ${comm%/comm} >" + cgroup_ + "/arm/cgroup.threads; done");
        must("echo 1 >" + cgroup_ + "/arm/cgroup.freeze");
        EXPECT_TRUE(eventually([&] { return run("grep -qx 'frozen 1' " + cgroup_ + "/arm/cgroup.events").status == 0; }));
        victim_.start();
        const auto before = matches();
        denied_ = denied_anywhere();
        EXPECT_EQ(attack(victim_, "truncate /var/log/b.log"), 0);
        id_ = id_in("arming");
        EXPECT_EQ(matches(), before + 1);  // its row comes when the thread goes on
        command_ = "quell approve " + id_ + "@" + digest_of(id_, "quarantine-file") + " quarantine-file --reason first";
        approved_ = std::async(std::launch::async, [this] { return run(command_); });
        EXPECT_EQ(approved_.wait_for(std::chrono::milliseconds(1500)), std::future_status::timeout) << "it waits";
    }
    void TearDown() override {
        thaw();
        Arming::TearDown();
        must("rmdir " + cgroup_ + "/arm " + cgroup_);
    }
    void thaw() const { must("echo 0 >" + cgroup_ + "/arm/cgroup.freeze"); }

    Container victim_{"waits"};
    const std::string cgroup_ = "/sys/fs/cgroup/held-up";
    std::string id_, command_;
    std::int64_t denied_ = 0;
    std::future<Output> approved_;
};

TEST_F(HeldUp, ARejectionOvertakesAnApprovalThatWaits) {
    EXPECT_EQ(run("quell reject " + id_ + " --reason second").status, 0);
    thaw();
    const auto output = approved_.get();
    EXPECT_EQ(output.status, 5) << output.text;
    EXPECT_NE(output.text.find("rejected"), std::string::npos) << output.text;
    EXPECT_EQ(actions_of(id_), (Actions{"detected", "rejected", "refused"}));
    EXPECT_EQ(attack(victim_, "read /var/log/b.log"), 0);
    EXPECT_EQ(denied_anywhere(), denied_);
}

TEST_F(HeldUp, AnApprovalThatWaitsHoldsAfterwards) {
    thaw();
    const auto output = approved_.get();
    EXPECT_EQ(output.status, 0) << output.text;
    expect_refused(victim_, "read /var/log/b.log");
    EXPECT_EQ(run("quell undo " + id_ + " --reason done").status, 0);
    EXPECT_EQ(actions_of(id_), (Actions{"detected", "approved", "flipped", "enforcing", "undone"}));
}

TEST_F(HeldUp, AnApprovalThatWaitsTooLongIsRefusedAndMayBeTriedAgain) {
    const auto output = approved_.get();  // 5 s
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_NE(output.text.find("try again"), std::string::npos) << output.text;
    EXPECT_EQ(show(id_)["state"], "arming");
    thaw();
    EXPECT_TRUE(eventually([&] { return show(id_)["state"] == "pending"; }));
    EXPECT_EQ(run(command_).status, 0);
    expect_refused(victim_, "read /var/log/b.log");
    EXPECT_EQ(run("quell undo " + id_ + " --reason done").status, 0);
    EXPECT_EQ(actions_of(id_), (Actions{"detected", "refused", "approved", "flipped", "enforcing", "undone"}));
}

// A link that cannot be pinned would end with the daemon: that is no containment.
TEST_F(Arming, WhereHooksCannotBeAttachedItFailsAndSaysSo) {
    Container victim("bare");
    victim.start();
    // Busy while a pin is being removed, which on 6.1 waits for the end of the link.
    ASSERT_TRUE(eventually([] { return run("mount -o remount,ro /sys/fs/bpf").status == 0; }));
    const auto matched = matches(), before = denied_anywhere();
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto id = id_in("failed");
    expect_told(show(id), matched, "the truncation");
    const auto output = run("quell approve " + id + "@000000000000 quarantine-file --reason x");
    EXPECT_EQ(output.status, 5) << output.text;
    must("mount -o remount,rw /sys/fs/bpf");
    EXPECT_EQ(actions_of(id), (Actions{"detected", "failed", "refused"}));
    EXPECT_EQ(attack(victim, "read /var/log/b.log"), 0) << "nothing is contained";
    EXPECT_EQ(denied_anywhere(), before);

    EXPECT_EQ(attack(victim, "truncate /var/log/c.log"), 0);
    const auto next = pending_id("bare", "truncate");
    EXPECT_EQ(approve(next, "quarantine-file").status, 0);
    expect_refused(victim, "read /var/log/c.log");
    EXPECT_EQ(run("quell undo " + next + " --reason done").status, 0);
    EXPECT_EQ(actions_of(next), (Actions{"detected", "approved", "flipped", "enforcing", "undone"}));
}

}  // namespace
}  // namespace quell::guest
