// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/faults/held_threads.h"

#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr const char* kHeld = "/sys/fs/cgroup/held-threads";

}  // namespace

void HeldThreads::hold(const std::string& names, const std::string& place) {
    const auto pid = std::to_string(daemon_pid());
    must("mkdir -p " + place + " && echo threaded >" + place + "/cgroup.type");
    must("for comm in $(grep -lxE '" + names + "' /proc/" + pid + "/task/*/comm); do basename ${comm%/comm} >" + place + "/cgroup.threads; done");
    EXPECT_NE(run("cat " + place + "/cgroup.threads").text, "") << "no thread is called " << names;
    must("echo 1 >" + place + "/cgroup.freeze");
    EXPECT_TRUE(eventually([&] { return run("grep -qx 'frozen 1' " + place + "/cgroup.events").status == 0; }));
}

HeldThreads::HeldThreads(const std::string& names) {
    const std::string held = kHeld;
    must("mkdir -p " + held + "/still && echo threaded >" + held + "/still/cgroup.type && echo " + std::to_string(daemon_pid()) + " >" + held + "/cgroup.procs");
    hold(names, held + "/still");
}

void HeldThreads::hold_instead(const std::string& names) {
    const std::string held = kHeld;
    hold(names, held + "/instead");
    must("echo 0 >" + held + "/still/cgroup.freeze");
}

HeldThreads::~HeldThreads() {
    const std::string held = kHeld;
    (void)run("for f in " + held + "/*/cgroup.freeze; do echo 0 >$f; done; for p in $(cat " + held + "/cgroup.procs); do echo $p >/sys/fs/cgroup/cgroup.procs; done");
    EXPECT_TRUE(eventually([&] { return run("rmdir " + held + "/*/ " + held).status == 0; }));
}

}  // namespace quell::guest
