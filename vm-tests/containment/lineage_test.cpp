// SPDX-License-Identifier: Apache-2.0
// Whom kill-process hits: the bound process and all that descend from it,
// however they came to be where they are, and nobody else.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

const std::vector<std::string> kKilled = {"detected", "approved", "flipped", "done"};

// Processes with these arguments, by a pattern of all of them.
int alive(const std::string& arguments) { return std::atoi(run("pgrep -fxc '" + arguments + "'").text.c_str()); }

constexpr const char* kRung = "/bin/sh -c l[(].*";

class KilledLineage : public testing::Test {
protected:
    void SetUp() override { must("rm -f /tmp/status"); }
    void TearDown() override { reject_all(); }
    // By a shell that entered the container; its end goes to a file.
    void act(const std::string& script) {
        victim_.start();
        must("(crun --cgroup-manager=cgroupfs exec lineage /bin/sh -c '" + script + "'; echo $? >/tmp/status) </dev/null >/dev/null 2>&1 &");
    }
    void expect_killed(const std::string& id, const std::string& response = "kill-process") const {
        expect_told(show(id), before_, id);
        const auto output = approve(id, response);
        EXPECT_EQ(output.status, 0) << output.text;
        EXPECT_EQ(show(id)["state"], "done");
        EXPECT_EQ(actions_of(id), kKilled);
    }
    // As its parent saw it.
    static void expect_status_137() {
        EXPECT_TRUE(eventually([] { return run("test -s /tmp/status").status == 0; }));
        EXPECT_EQ(run("cat /tmp/status").text, "137\n");
    }
    void expect_the_container_lives() {
        EXPECT_TRUE(victim_.running());
        EXPECT_EQ(victim_.exec("true").status, 0);
    }

    std::int64_t before_ = matches();
    Container victim_{"lineage"};
};

// Who bore it is gone by then, and it is a child of the container's init.
TEST_F(KilledLineage, AChildThatWasReparentedDies) {
    act("(sleep 7771 & while [ ! -e /tmp/go ]; do sleep 0.1; done) & sleep 0.5; rm /var/log/dpkg.log; (sleep 7772 &); sleep 1000; :");
    const auto id = pending_id("lineage", "delete");
    const auto parent = [] { return must("ps -o ppid= -p $(pgrep -fx 'sleep 7771')"); };
    const auto middle = parent();
    EXPECT_EQ(victim_.exec("touch /tmp/go").status, 0);
    EXPECT_TRUE(eventually([&] { return parent() != middle; })) << run("ps axf").text;
    EXPECT_EQ(alive("sleep 7771") + alive("sleep 7772"), 2);
    expect_killed(id);
    EXPECT_EQ(alive("sleep 7771") + alive("sleep 7772"), 0);
    expect_status_137();
    expect_the_container_lives();
}

// More generations between it and the bound one than one look goes up.
TEST_F(KilledLineage, ALadderOfFortyForksDies) {
    act("l() { if [ $1 -gt 0 ]; then (l $(($1 - 1)); :); else sleep 7773; fi; }; l 40 & sleep 2; rm /var/log/dpkg.log; sleep 1000; : ladder");
    const auto id = pending_id("lineage", "delete");
    EXPECT_TRUE(eventually([] { return alive("sleep 7773") == 1; }));
    EXPECT_GE(alive(kRung), 40);
    expect_killed(id);
    EXPECT_EQ(alive("sleep 7773") + alive(kRung), 0) << run("ps axf").text;
    expect_status_137();
    expect_the_container_lives();
}

TEST_F(KilledLineage, OfAHostsShellDies) {
    must("echo x >/var/log/lineage.log");
    must("(sh -c 'sleep 7774 & sleep 0.5; rm /var/log/lineage.log; sleep 7775; :'; echo $? >/tmp/status) </dev/null >/dev/null 2>&1 &");
    const auto found = wait_for_pending([](const Json& one) { return one["operation"] == "delete" && one["subject"] == "host"; });
    ASSERT_TRUE(found);
    EXPECT_EQ(alive("sleep 7774") + alive("sleep 7775"), 2);
    expect_killed((*found)["id"]);
    EXPECT_EQ(alive("sleep 7774") + alive("sleep 7775"), 0);
    expect_status_137();
}

// Its first thread has ended: what stands for it in /proc is a zombie that goes on acting.
TEST_F(KilledLineage, AProcessWhoseFirstThreadHasEndedDies) {
    act("attack leader-exits /var/log/dpkg.log; sleep 1000; :");
    const auto id = pending_id("lineage", "delete");
    const auto pid = std::to_string(show(id)["process"]["pid"].get<int>());
    EXPECT_EQ(run("grep -q '^State:.Z' /proc/" + pid + "/status").status, 0) << "as it should be: " << run("cat /proc/" + pid + "/status").text;
    const auto incident = show(id);
    for (const auto& offer : incident["offers"])
        if (offer["response"] == "kill-process") {
            EXPECT_EQ(offer["available"], true) << offer;
            EXPECT_NE(offer.value("target", "").find("pid " + pid), std::string::npos) << offer;
        }
    expect_killed(id);
    EXPECT_TRUE(eventually([&] { return run("test -e /proc/" + pid).status != 0; }, std::chrono::seconds(5)));
    expect_the_container_lives();
}

TEST_F(KilledLineage, SuchAProcessDoesNotOutliveItsContainerInAnotherCgroup) {
    act("attack leader-exits /var/log/dpkg.log; sleep 1000; :");
    const auto id = pending_id("lineage", "delete");
    const auto pid = std::to_string(show(id)["process"]["pid"].get<int>());
    must("mkdir -p /sys/fs/cgroup/elsewhere; echo " + pid + " >/sys/fs/cgroup/elsewhere/cgroup.procs");
    EXPECT_EQ(run("grep -q populated.1 /sys/fs/cgroup/elsewhere/cgroup.events").status, 0);
    expect_killed(id, "kill-container");
    EXPECT_TRUE(eventually([&] { return run("test -e /proc/" + pid).status != 0; }, std::chrono::seconds(5))) << run("ps axf; cat /proc/" + pid + "/status").text;
    EXPECT_FALSE(victim_.running());
    must("rmdir /sys/fs/cgroup/elsewhere");
}

// Nobody saw it start: its tasks and its cgroup are found by the first daemon's scan.
TEST_F(KilledLineage, OfAContainerThatIsOlderThanQuellDies) {
    kill_daemon(SIGTERM);
    must("quelld --unload");
    act("sleep 7776 & while [ ! -e /tmp/go ]; do sleep 0.1; done; rm /var/log/dpkg.log; sleep 7777; :");
    EXPECT_TRUE(eventually([] { return alive("sleep 7776") == 1; }));
    start_daemon();
    before_ = matches();  // it counts from 0 again
    EXPECT_EQ(victim_.exec("touch /tmp/go").status, 0);
    const auto id = pending_id("lineage", "delete");
    EXPECT_EQ(show(id)["container"]["name"], "lineage");
    EXPECT_EQ(show(id)["file"]["path"], "/var/log/dpkg.log");
    expect_killed(id);
    EXPECT_EQ(alive("sleep 7776") + alive("sleep 7777"), 0);
    expect_status_137();
    expect_the_container_lives();

    EXPECT_EQ(attack(victim_, "unlink /var/log/b.log"), 0);
    expect_killed(pending_id("lineage", "delete"), "kill-container");
    EXPECT_FALSE(victim_.running());
}

}  // namespace
}  // namespace quell::guest
