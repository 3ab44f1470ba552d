// SPDX-License-Identifier: Apache-2.0
// The flip alone, by lineage: no daemon, no signal from outside. Who descends
// from the bound process, or left the container's cgroup, ends at a hook.
#include <gtest/gtest.h>

#include <csignal>
#include <future>

#include "vm-tests/harness/kernel_side.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;

std::future<int> in_background(const std::string& command) {
    return std::async(std::launch::async, [command] { return run(command).status; });
}

bool ends(std::future<int>& act) { return act.wait_for(std::chrono::seconds(10)) == std::future_status::ready; }

bool alive(const std::string& arguments) { return run("pgrep -fx 'attack " + arguments + "'").status == 0; }

TEST(FlipLineage, OfAProcessEndsItsDescendantsAndNobodyElse) {
    std::future<int> shell, bystander;  // before the container: it ends them when a check fails
    Container victim("lineage");
    victim.start();
    shell = in_background("crun --cgroup-manager=cgroupfs exec lineage /bin/sh -c 'rm /var/log/dpkg.log; (attack repeat-fork reparented &); attack repeat-fork child; /bin/true; :'");
    bystander = std::async(std::launch::async, [&] { return attack(victim, "repeat-fork bystander"); });
    const auto id = pending_id("lineage", "delete");
    for (const char* who : {"repeat-fork reparented", "repeat-fork child", "repeat-fork bystander"}) EXPECT_TRUE(eventually([&] { return alive(who); })) << who;
    {
        KernelSide kernel;
        const auto denied = kernel.denied(QUELL_HOOK_task_alloc), killed = kernel.counter(QUELL_COUNTER_KILL_SIGNALS);
        EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_KILL_PROCESS, bound(kernel.entry(id), "sh")), 0);
        ASSERT_TRUE(ends(shell));
        EXPECT_EQ(shell.get(), 128 + SIGKILL);
        EXPECT_TRUE(eventually([] { return !alive("repeat-fork reparented") && !alive("repeat-fork child"); }));
        EXPECT_GE(kernel.denied(QUELL_HOOK_task_alloc), denied + 3) << "the shell, its child, and the one that was reparented";
        EXPECT_GE(kernel.counter(QUELL_COUNTER_KILL_SIGNALS), killed + 3);
        EXPECT_EQ(bystander.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
        EXPECT_EQ(victim.exec("/bin/true").status, 0);
    }
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "done"; })) << show(id).dump(1);
    EXPECT_EQ(actions_of(id), (Actions{"detected", "approved", "done"}));
    EXPECT_EQ(bystander.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
    victim.destroy();
    reject_all();
}

TEST(FlipLineage, OfAContainerEndsWhoLeftItsCgroup) {
    std::future<int> runaway;
    Container victim("left");
    victim.start();
    runaway = in_background("crun --cgroup-manager=cgroupfs exec left attack repeat-fork runaway");
    EXPECT_TRUE(eventually([] { return alive("repeat-fork runaway"); }));
    must("mkdir -p /sys/fs/cgroup/elsewhere && echo $(pgrep -o -fx 'attack repeat-fork runaway') >/sys/fs/cgroup/elsewhere/cgroup.procs");
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("left", "delete");
    {
        KernelSide kernel;
        const auto denied = kernel.denied(QUELL_HOOK_task_alloc);
        EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_KILL_CONTAINER), 0);
        ASSERT_TRUE(ends(runaway));
        EXPECT_EQ(runaway.get(), 128 + SIGKILL);
        EXPECT_GT(kernel.denied(QUELL_HOOK_task_alloc), denied);
    }
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "done"; })) << show(id).dump(1);
    EXPECT_TRUE(eventually([&] { return !victim.running(); }));
    EXPECT_EQ(actions_of(id), (Actions{"detected", "approved", "done"}));
    EXPECT_TRUE(eventually([] { return run("rmdir /sys/fs/cgroup/elsewhere").status == 0; }));
    reject_all();
}

}  // namespace
}  // namespace quell::guest
