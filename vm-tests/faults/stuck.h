// SPDX-License-Identifier: Apache-2.0
// A container with a process that sleeps uninterruptibly: it writes to a
// filesystem that is frozen, and neither freezes nor dies until that is thawed.
#pragma once

#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {

class Stuck : public testing::Test {
protected:
    static void SetUpTestSuite() {
        must("modprobe loop && truncate -s 16M /srv/still.img && mke2fs -q -F -t ext4 /srv/still.img && mkdir -p /srv/still && mount -o loop /srv/still.img /srv/still");
    }
    static void TearDownTestSuite() { must("umount /srv/still && rm /srv/still.img"); }
    static ContainerOptions options() {
        ContainerOptions options;
        options.mounts = {{{"destination", "/vol"}, {"type", "bind"}, {"source", "/srv/still"}, {"options", {"bind", "rw"}}}};
        return options;
    }
    void TearDown() override {
        thaw();
        if (!daemon_pid()) start_daemon();
        reject_all();
    }
    // From here on its process does not stop for anybody.
    void stick() {
        victim_.start();
        must("fsfreeze -f /srv/still");
        stuck_ = true;
        must("crun --cgroup-manager=cgroupfs exec stuck /bin/sh -c 'dd if=/dev/zero of=/vol/x count=1' </dev/null >/dev/null 2>&1 &");
        EXPECT_TRUE(eventually([] { return run("grep -q '^State:.D' /proc/$(pgrep -x dd)/status").status == 0; })) << run("ps axo pid,stat,wchan,args").text;
    }
    void thaw() {
        if (stuck_) must("fsfreeze -u /srv/still");
        stuck_ = false;
    }
    [[nodiscard]] std::string freeze_file() const { return "/sys/fs/cgroup" + victim_.cgroup() + "/cgroup.freeze"; }
    [[nodiscard]] bool is_told_to_freeze() const { return run("cat " + freeze_file()).text == "1\n"; }

    Container victim_{"stuck", options()};
    bool stuck_ = false;
};

}  // namespace quell::guest
