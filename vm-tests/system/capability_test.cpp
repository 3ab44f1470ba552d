// SPDX-License-Identifier: Apache-2.0
// Every capability of the unit is needed: without it, this and that cannot be
// done, and somebody is told. With all of them the same works.
#include <gtest/gtest.h>

#include <cerrno>
#include <sstream>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

// What the unit leaves to the daemon, without one: as setpriv takes it.
std::string bounding_set(const std::string& without) {
    std::istringstream all(must("systemctl show quelld --value -p CapabilityBoundingSet"));
    std::string set = "-all";
    for (std::string one; all >> one;)
        if (one != without) set += ",+" + one.substr(4);
    return set;
}

constexpr const char* kMessages = "/var/log/quelld.capability";

// The daemon by itself, and not by systemd, which would start one that fails again and again.
bool start_without(const std::string& capability) {
    (void)run("pkill -x quelld; while pgrep -x quelld; do sleep 0.1; done");
    must("rm -f /tmp/ended; setsid sh -c 'setpriv --bounding-set=" + bounding_set(capability) + " quelld >" + kMessages + " 2>&1; touch /tmp/ended' </dev/null >/dev/null 2>&1 &");
    return eventually([] { return run("quell status || test -e /tmp/ended").status == 0; }, std::chrono::seconds(180)) && run("quell status").status == 0;
}

std::string messages() { return run(std::string("cat ") + kMessages).text; }

class Capability : public testing::Test {
protected:
    static void SetUpTestSuite() { must("systemctl stop quelld"); }
    static void TearDownTestSuite() {
        must("pkill -x quelld; while pgrep -x quelld; do sleep 0.1; done; systemctl start quelld");
        reject_all();
    }
    void TearDown() override { reject_all(); }
};

// What a capability is for: whether it can be done.
bool contains_a_container(std::string* told = nullptr) {
    Container victim("cap");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto found = wait_for([](const Json& one) { return one["operation"] == "delete"; });
    if (!found) return false;
    const auto approved = approve((*found)["id"], "kill-container");
    if (told) *told = approved.text;
    return approved.status == 0 && eventually([&] { return !victim.running(); });
}

bool kills_who_left() {
    ContainerOptions options;
    options.host_pid = true;
    Container victim("left", options);
    victim.start();
    must("setsid crun --cgroup-manager=cgroupfs exec --user 1234 left sleep 2000 >/dev/null 2>&1 </dev/null &");
    EXPECT_TRUE(eventually([] { return run("pgrep -u 1234").status == 0; }));
    must("mkdir -p /sys/fs/cgroup/outside && echo $(pgrep -u 1234) >/sys/fs/cgroup/outside/cgroup.procs");
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
    const auto output = approve(id, "quarantine-file");
    const bool done = output.status == 0 && run("cat " + victim.directory() + "/upper/var/log/b.log").status != 0;
    if (!done) write(kMessages, output.text);
    (void)run("quell undo " + id + " --reason test");
    return done;
}

TEST_F(Capability, WithAllOfThemEverythingWorks) {
    ASSERT_TRUE(start_without("")) << messages();
    EXPECT_TRUE(contains_a_container());
    EXPECT_TRUE(kills_who_left());
    EXPECT_TRUE(quarantines_a_file_of_the_image()) << messages();
    EXPECT_EQ(run("grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/$(pgrep -xo quelld)/status").text, "CapEff:\t0000000000080024\nCapBnd:\t0000000000080024\nNoNewPrivs:\t1\n");
    EXPECT_EQ(run("grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/$(pgrep -xo quelld-loader)/status").text, "CapEff:\t000000c000000000\nCapBnd:\t000000c000000000\nNoNewPrivs:\t1\n");
}

TEST_F(Capability, LoadingNeedsThese) {
    must("pkill -x quelld; while pgrep -x quelld; do sleep 0.1; done; quelld --unload");
    for (const char* one : {"cap_bpf", "cap_perfmon"}) {
        EXPECT_FALSE(start_without(one)) << one;
        EXPECT_NE(messages().find("loader failed"), std::string::npos) << messages();
    }
    ASSERT_TRUE(start_without("")) << messages();
    for (const char* one : {"cap_setgid", "cap_setpcap"}) {
        EXPECT_FALSE(start_without(one)) << one;
        EXPECT_NE(messages().find("cannot"), std::string::npos) << messages();
    }
    ASSERT_TRUE(start_without("")) << messages();
}

// What is for loading is gone by then: hooks are attached and detached, policies loaded, without.
TEST_F(Capability, WhatIsForLoadingIsNotKept) {
    must("sed -i 's/keep_armed_s: 300/keep_armed_s: 2/' /etc/quell/quell.yaml");
    ASSERT_TRUE(start_without("")) << messages();
    const auto is_armed = [] { return run("quell status --json | jq -e '.status.hooks[] | select(.name == \"task_alloc\" and .attached)'").status == 0; };
    reject_all();
    EXPECT_TRUE(eventually([&] { return !is_armed(); }));
    EXPECT_TRUE(contains_a_container());
    EXPECT_TRUE(eventually([&] { return !is_armed(); }));
    EXPECT_TRUE(quarantines_a_file_of_the_image()) << messages();
    const auto generation = quell("status")["status"]["generation"].get<int>();
    apply_pack("s/severity: high/severity: low/");
    EXPECT_GT(quell("status")["status"]["generation"].get<int>(), generation);
    apply_pack();
    must("sed -i 's/keep_armed_s: 2$/keep_armed_s: 300/' /etc/quell/quell.yaml");
}

TEST_F(Capability, CgroupsByIdNeedDacReadSearch) {
    ASSERT_TRUE(start_without("cap_dac_read_search")) << messages();
    std::string told;
    EXPECT_TRUE(contains_a_container(&told)) << "without cgroup.kill each process is signalled by itself";
    EXPECT_NE(told.find("each signalled by itself: "), std::string::npos) << told;
}

TEST_F(Capability, WhoLeftTheCgroupNeedsKill) {
    ASSERT_TRUE(start_without("cap_kill")) << messages();
    EXPECT_FALSE(kills_who_left());
}

TEST_F(Capability, FilesOfContainersNeedSysPtrace) {
    ASSERT_TRUE(start_without("cap_sys_ptrace")) << messages();
    EXPECT_FALSE(quarantines_a_file_of_the_image());
}

}  // namespace
}  // namespace quell::guest
