// SPDX-License-Identifier: Apache-2.0
// A container whose processes all left its cgroup, which was removed then: whoever is of it is judged and killed as
// before, and when the last one is gone it is over.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr const char* kElsewhere = "/sys/fs/cgroup/elsewhere";

int living() { return std::atoi(run("grep -c . " + std::string(kElsewhere) + "/cgroup.procs").text.c_str()); }

class RemovedCgroup : public testing::Test {
protected:
    RemovedCgroup() {
        must("mkdir -p " + std::string(kElsewhere));
        containers_ = quell("status")["status"]["containers"];
        early_ = counter("home-not-ready");
    }
    ~RemovedCgroup() override {
        EXPECT_EQ(counter("home-not-ready"), early_);
        reject_all();
        (void)run("echo 1 >" + std::string(kElsewhere) + "/cgroup.kill");
        EXPECT_TRUE(eventually([] { return run("rmdir " + std::string(kElsewhere)).status == 0; }));
    }
    // Its init and a shell, which acts when it is told to by a file.
    void leave() {
        must("mkdir -p /srv/tell && rm -f /srv/tell/*");
        container_.start();
        must("crun --cgroup-manager=cgroupfs exec -d left /bin/sh -c 'while :; do for f in /tell/*; do [ -e /tell/go ] && rm /tell/go && attack unlink /var/log/b.log; sleep 0.1; done; done' </dev/null >/dev/null 2>&1");
        const std::string cgroup = "/sys/fs/cgroup" + container_.cgroup();
        EXPECT_TRUE(eventually([&] {
            (void)run("for p in $(find " + cgroup + " -name cgroup.procs -exec cat {} +); do echo $p >" + kElsewhere + "/cgroup.procs; done");
            return run("find " + cgroup + " -depth -type d -exec rmdir {} +").status == 0;
        }));
        EXPECT_NE(run("test -e " + cgroup).status, 0);
        EXPECT_GE(living(), 2);
    }
    std::string detected() {
        const auto before = matches();
        must("touch /srv/tell/go");
        const auto found = wait_for_pending([&](const Json& one) { return one["operation"] == "delete" && one["subject"] == "container"; });
        expect_told(found, before, "who left");
        if (!found) return {};
        EXPECT_EQ((*found)["container"].value("id", ""), container_.id());
        EXPECT_EQ((*found)["file"]["path"], "/var/log/b.log");
        return (*found)["id"];
    }
    [[nodiscard]] bool forgotten() const {
        return eventually([&] { return quell("status")["status"]["containers"] == containers_; });
    }

    Container container_{"left", {.mounts = {{{"destination", "/tell"}, {"type", "bind"}, {"source", "/srv/tell"}, {"options", {"rbind", "rw"}}}}}};
    Json containers_;
    std::int64_t early_ = 0;
};

TEST_F(RemovedCgroup, KillContainerReachesWhoLeftIt) {
    leave();
    const auto id = detected();
    const auto incident = show(id);
    for (const auto& offer : incident["offers"])
        if (offer["response"] == "kill-container") {
            EXPECT_GE(offer["would_hit_count"], 2) << offer;
        }
    const auto output = approve(id, "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(living(), 0) << run("ps axf").text;
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
    EXPECT_TRUE(forgotten());
}

TEST_F(RemovedCgroup, WhatWaitsIsGoneWithTheLastProcess) {
    leave();
    const auto id = detected();
    std::this_thread::sleep_for(std::chrono::seconds(5));  // looked for several times, and found
    EXPECT_EQ(show(id)["state"], "pending");
    must("echo 1 >" + std::string(kElsewhere) + "/cgroup.kill");
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "gone"; }));
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "gone"}));
    EXPECT_TRUE(forgotten());
    const auto late = run("quell approve " + id + " kill-container --reason late </dev/null");
    EXPECT_NE(late.status, 0) << late.text;
}

// Without the daemon it goes on; the next one looks.
TEST_F(RemovedCgroup, IsJudgedWithoutADaemonToo) {
    leave();
    kill_daemon(SIGKILL);
    must("touch /srv/tell/go");
    EXPECT_TRUE(eventually([] { return run("test -e /srv/tell/go").status != 0; }));
    start_daemon();
    const auto id = pending_id("left", "delete");
    const auto output = approve(id, "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(living(), 0) << run("ps axf").text;
    EXPECT_TRUE(forgotten());
}

}  // namespace
}  // namespace quell::guest
