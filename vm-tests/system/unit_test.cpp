// SPDX-License-Identifier: Apache-2.0
// The shipped unit, started by systemd.
#include <gtest/gtest.h>

#include <csignal>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

std::string property(const std::string& name) {
    auto text = must("systemctl show quelld --value -p " + name);
    if (!text.empty()) text.pop_back();
    return text;
}

TEST(Unit, IsActiveAndProven) {
    EXPECT_EQ(property("ActiveState"), "active");
    EXPECT_EQ(property("MainPID"), std::to_string(daemon_pid()));
    const auto status = quell("status")["status"];
    EXPECT_EQ(status["state"], "ready");
    EXPECT_EQ(status["canary"], "denied");
    const auto kept = run("grep -E 'CapEff|CapBnd|NoNewPrivs|Seccomp:' /proc/$(pgrep -xo quelld)/status").text;
    EXPECT_EQ(kept, "CapEff:\t000000c000080024\nCapBnd:\t000000c000080024\nNoNewPrivs:\t1\nSeccomp:\t2\n");
}

TEST(Unit, ReloadAppliesThePolicy) {
    const auto before = quell("status")["status"]["generation"].get<int>();
    must("sed -i 's/severity: high/severity: low/' /etc/quell/policy.d/notable-events.yaml && systemctl reload quelld");
    EXPECT_TRUE(eventually([&] { return quell("status")["status"]["generation"].get<int>() > before; }));
    apply_pack();
}

TEST(Unit, AContainerIsContained) {
    Container victim("unit");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("unit", "delete");
    EXPECT_EQ(show(id)["container"]["pod"], "unit-5d3c");
    const auto output = approve(id, "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_TRUE(eventually([&] { return !victim.running(); }));
}

TEST(Unit, ComesBackByItself) {
    const pid_t before = daemon_pid();
    ASSERT_EQ(::kill(before, SIGKILL), 0);
    EXPECT_TRUE(eventually([&] { return daemon_pid() > 0 && daemon_pid() != before && run("quell status").status == 0; }));
    EXPECT_EQ(property("NRestarts"), "1");
}

TEST(Unit, StopsInOrder) {
    must("systemctl stop quelld");
    EXPECT_EQ(property("Result"), "success");
    EXPECT_EQ(run("quell status").status, 3);
    must("systemctl start quelld");
    EXPECT_EQ(run("quell status").status, 0);
}

}  // namespace
}  // namespace quell::guest
