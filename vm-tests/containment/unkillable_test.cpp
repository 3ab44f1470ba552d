// SPDX-License-Identifier: Apache-2.0
// Who does not die: a process that writes to a frozen filesystem sleeps
// uninterruptibly until it is thawed. It is named, and that is no success.
#include <gtest/gtest.h>

#include <algorithm>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

class Unkillable : public testing::Test {
protected:
    static void SetUpTestSuite() {
        must("modprobe loop && truncate -s 16M /srv/frozen.img && mke2fs -q -F -t ext4 /srv/frozen.img && mkdir -p /srv/frozen && mount -o loop /srv/frozen.img /srv/frozen");
    }
    static void TearDownTestSuite() { must("umount /srv/frozen && rm /srv/frozen.img"); }
    static ContainerOptions options() {
        ContainerOptions options;
        options.mounts = {{{"destination", "/vol"}, {"type", "bind"}, {"source", "/srv/frozen"}, {"options", {"bind", "rw"}}}};
        return options;
    }
    void SetUp() override {
        victim_.start();
        const auto before = matches();
        must("fsfreeze -f /srv/frozen");
        frozen_ = true;
        // its shell waits for a child that writes; the shell is what kill-process binds
        must("crun --cgroup-manager=cgroupfs exec stuck /bin/sh -c 'dd if=/dev/zero of=/vol/x count=1 & sleep 1; rm /var/log/dpkg.log; sleep 1000; :' </dev/null >/dev/null 2>&1 &");
        id_ = pending_id("stuck", "delete");
        expect_told(show(id_), before, "the removal");
        writer_ = must("pgrep -x dd");
        writer_.erase(writer_.find_last_not_of('\n') + 1);
        EXPECT_TRUE(eventually([&] { return is_stuck(); })) << run("ps axo pid,stat,wchan,args").text;
    }
    void TearDown() override {
        thaw();
        reject_all();
    }
    void thaw() {
        if (frozen_) must("fsfreeze -u /srv/frozen");
        frozen_ = false;
    }
    [[nodiscard]] bool is_stuck() const { return run("grep -q '^State:.D' /proc/" + writer_ + "/status").status == 0; }
    // Nobody may be there to take note of its end.
    [[nodiscard]] bool has_ended() const { return run("grep -q '^State:.[^ZX]' /proc/" + writer_ + "/status").status != 0; }
    // Approved, and told that it did not hold, of whom, and where that is written down.
    void expect_named(const std::string& response) {
        const auto output = approve(id_, response);
        EXPECT_EQ(output.status, 1) << output.text;
        EXPECT_NE(output.text.find("still there: "), std::string::npos) << output.text;
        EXPECT_NE(output.text.find(writer_), std::string::npos) << output.text;
        EXPECT_NE(output.text.find("dd"), std::string::npos) << output.text;
        EXPECT_TRUE(is_stuck());
        EXPECT_EQ(show(id_)["state"], "failed");
        EXPECT_EQ(actions_of(id_), (std::vector<std::string>{"detected", "approved", "flipped", "failed"}));
        const auto rows = quell("history --incident " + id_)["rows"];
        const auto failed = std::ranges::find(rows, "failed", [](const Json& row) { return row["action"].get<std::string>(); });
        ASSERT_NE(failed, rows.end());
        EXPECT_NE((*failed)["result"].get<std::string>().find("uninterruptible sleep"), std::string::npos) << *failed;
    }

    Container victim_{"stuck", options()};
    std::string id_, writer_;
    bool frozen_ = false;
};

TEST_F(Unkillable, IsNamedAndTheCommandFails) {
    expect_named("kill-container");
    thaw();
    EXPECT_TRUE(eventually([&] { return has_ended(); })) << "the signal waited for it";
    EXPECT_TRUE(eventually([&] { return !victim_.running(); }));
    EXPECT_EQ(run("quell undo " + id_ + " --reason over").status, 0);
    EXPECT_EQ(actions_of(id_).back(), "undone");
}

// Frozen for its capture, and not dead: it is let go on with the undo, and nobody finds it frozen by he knows not whom.
TEST_F(Unkillable, WhoWasFrozenForACaptureGoesOnWhenTheKillIsUndone) {
    const auto is_told = [&] { return must("cat /sys/fs/cgroup" + victim_.cgroup() + "/cgroup.freeze"); };
    const auto output = run("quell approve " + id_ + "@" + digest_of(id_, "kill-container") + " kill-container --with capture --reason test");
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_EQ(show(id_)["state"], "failed");
    EXPECT_EQ(is_told(), "1\n");
    EXPECT_EQ(run("quell undo " + id_ + " --reason over").status, 0);
    EXPECT_EQ(is_told(), "0\n");
    EXPECT_TRUE(is_stuck());
}

TEST_F(Unkillable, AProcessIsNamedAndItsContainerLives) {
    expect_named("kill-process");
    EXPECT_TRUE(victim_.running());
    thaw();
    EXPECT_TRUE(eventually([&] { return has_ended(); })) << "the signal waited for it";
    EXPECT_EQ(run("quell undo " + id_ + " --reason over").status, 0);
    EXPECT_EQ(actions_of(id_).back(), "undone");
    EXPECT_EQ(victim_.exec("true").status, 0);
}

}  // namespace
}  // namespace quell::guest
