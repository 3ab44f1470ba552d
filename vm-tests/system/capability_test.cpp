// SPDX-License-Identifier: Apache-2.0
// Every capability of the unit is needed: without it, this and that cannot be
// done, and somebody is told. With all of them the same works.
#include <gtest/gtest.h>

#include <csignal>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr const char* kDropIn = "/etc/systemd/system/quelld.service.d/test.conf";

// Starts the unit without `capability` ("": with all), nothing of it being loaded yet; whether it answers.
bool start_without(const std::string& capability) {
    must("systemctl stop quelld && quelld --unload");
    must("mkdir -p /etc/systemd/system/quelld.service.d");
    write(kDropIn, capability.empty() ? "" : "[Service]\nCapabilityBoundingSet=~" + capability + "\n");
    must("systemctl daemon-reload");
    return run("timeout 30 systemctl start quelld").status == 0 && run("quell status").status == 0;
}

std::string messages() { return run("journalctl -u quelld --no-pager -o cat -n 30").text; }

class Capability : public testing::Test {
protected:
    void TearDown() override {
        must("cp /tmp/quell.yaml /etc/quell/quell.yaml");
        EXPECT_TRUE(start_without("")) << messages();
        reject_all();
    }
    void SetUp() override { must("cp /etc/quell/quell.yaml /tmp/quell.yaml"); }
};

// What a capability is for: whether it can be done.
bool contains_a_container() {
    Container victim("cap");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto found = wait_for([](const Json& one) { return one["operation"] == "delete"; });
    return found && approve((*found)["id"], "kill-container").status == 0 && eventually([&] { return !victim.running(); });
}

bool kills_who_left() {
    ContainerOptions options;
    options.host_pid = true;
    Container victim("left", options);
    victim.start();
    must("setsid crun --cgroup-manager=cgroupfs exec left setpriv --reuid 1234 sleep 2000 >/dev/null 2>&1 </dev/null &");
    EXPECT_TRUE(eventually([] { return run("pgrep -f 'sleep 2000'").status == 0; }));
    must("mkdir -p /sys/fs/cgroup/outside && for pid in $(pgrep -f 'sleep 2000'); do echo $pid >/sys/fs/cgroup/outside/cgroup.procs; done; true");
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("left", "delete");
    const int status = approve(id, "kill-container").status;
    const bool gone = run("pgrep -u 1234").status != 0;
    (void)run("pkill -KILL -u 1234");
    EXPECT_EQ(status == 0, gone) << "who survives is told";
    return gone;
}

bool quarantines_a_file_of_the_image() {
    Container victim("file");
    victim.start();
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto id = pending_id("file", "truncate");
    // by the layer, where nobody of the container has been since
    const bool done = approve(id, "quarantine-file").status == 0 && run("cat " + victim.directory() + "/upper/var/log/b.log").status != 0;
    (void)run("quell undo " + id + " --reason test");
    return done;
}

TEST_F(Capability, WithAllOfThemEverythingWorks) {
    EXPECT_TRUE(start_without(""));
    EXPECT_TRUE(contains_a_container());
    EXPECT_TRUE(kills_who_left());
    EXPECT_TRUE(quarantines_a_file_of_the_image());
    const auto status = run("grep -E 'CapEff|CapBnd|NoNewPrivs|Seccomp:' /proc/$(pgrep -xo quelld)/status").text;
    EXPECT_EQ(status, "CapEff:\t000000c000080024\nCapBnd:\t000000c000080024\nNoNewPrivs:\t1\nSeccomp:\t2\n");
}

TEST_F(Capability, LoadingNeedsThese) {
    for (const char* one : {"CAP_BPF", "CAP_PERFMON", "CAP_SETGID", "CAP_SETPCAP"}) {
        EXPECT_FALSE(start_without(one)) << one;
        EXPECT_NE(messages().find("cannot"), std::string::npos) << messages();
        (void)run("systemctl stop quelld");
    }
}

TEST_F(Capability, CgroupsByIdNeedDacReadSearch) {
    ASSERT_TRUE(start_without("CAP_DAC_READ_SEARCH")) << messages();
    EXPECT_FALSE(contains_a_container());
}

TEST_F(Capability, WhoLeftTheCgroupNeedsKill) {
    ASSERT_TRUE(start_without("CAP_KILL")) << messages();
    EXPECT_FALSE(kills_who_left());
}

TEST_F(Capability, FilesOfContainersNeedSysPtrace) {
    ASSERT_TRUE(start_without("CAP_SYS_PTRACE")) << messages();
    EXPECT_FALSE(quarantines_a_file_of_the_image());
}

}  // namespace
}  // namespace quell::guest
