// SPDX-License-Identifier: Apache-2.0
// Ways that exist in some places only, and containers by other runtimes.
#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

Json bind_mount(const std::string& from, const std::string& to) {
    return {{"destination", to}, {"type", "bind"}, {"source", from}, {"options", {"bind", "rw"}}};
}

struct Case {
    const char* name;
    std::vector<Json> mounts;
    const char* attack;
    const char* operation;
};

const Json kLogVolume = bind_mount("/srv/volume/log", "/var/log");
const Json kLogFile = bind_mount("/srv/volume/log/b.log", "/var/log/b.log");
const Json kLogTmpfs = {{"destination", "/var/log"}, {"type", "tmpfs"}, {"source", "tmpfs"}};

class SingleWay : public testing::TestWithParam<Case> {};

TEST_P(SingleWay, IsSeen) {
    const auto& param = GetParam();
    must("rm -rf /srv/volume; mkdir -p /srv/volume/log");
    write("/srv/volume/log/b.log", "line\n");
    ContainerOptions options;
    options.mounts = param.mounts;
    Container container("single", options);
    container.start();
    const auto before = matches();
    ASSERT_EQ(attack(container, param.attack), 0);
    const auto id = pending_id("single", param.operation);
    expect_told(show(id), before, param.name);
    reject_all();
}

INSTANTIATE_TEST_SUITE_P(Ways, SingleWay,
                         testing::Values(Case{"LinkOut", {}, "link-out /var/log/b.log /tmp/link", "link"},
                                         Case{"UnmountVolume", {kLogVolume}, "umount /var/log", "unmount"},
                                         Case{"UnmountTmpfs", {kLogTmpfs}, "umount /var/log", "unmount"},
                                         Case{"UserNamespaceBind", {}, "by-user-bind /var/log/b.log /mnt", "delete"},
                                         Case{"UserNamespaceBindVolume", {kLogVolume}, "by-user-bind /var/log/b.log /mnt", "delete"},
                                         Case{"IoUringRename", {}, "io-uring-rename /var/log/b.log /tmp/gone", "rename"},
                                         Case{"FileTruncate", {kLogFile}, "truncate /var/log/b.log", "truncate"},
                                         Case{"FileFtruncate", {kLogFile}, "ftruncate /var/log/b.log", "truncate"},
                                         Case{"FileOpenTruncate", {kLogFile}, "open-truncate /var/log/b.log", "truncate"},
                                         Case{"FileMountOver", {kLogFile}, "mount-over /var/log/b.log /tmp/other", "mount-over"},
                                         Case{"FileUnmount", {kLogFile}, "umount /var/log/b.log", "unmount"},
                                         Case{"BelowTheDirectory", {}, "unlink /var/log/sub/deep.log", "delete"}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Runtimes, RuncsContainersAreSeenToo) {
    ContainerOptions options;
    options.runtime = "runc";
    Container container("runc", options);
    container.start();
    EXPECT_EQ(attack(container, "unlink /var/log/b.log"), 0);
    const auto id = pending_id("runc", "delete");
    EXPECT_EQ(show(id)["container"]["image"], "registry.example/runc:1");
    const auto output = approve(id, "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_TRUE(eventually([&] { return !container.running(); }));
    reject_all();
}

TEST(Runtimes, PodmansContainersAreSeenToo) {
    must("rm -rf /srv/podman && cp -a /usr/share/quell-vm/rootfs /srv/podman && cp /w/attack /srv/podman/bin/");
    const auto started = run("podman --cgroup-manager cgroupfs run -d --name pod --network none --rootfs /srv/podman sleep 1000 >/tmp/podman.out 2>&1 || { cat /tmp/podman.out; false; }");
    ASSERT_EQ(started.status, 0) << started.text;
    EXPECT_EQ(run("podman exec pod attack unlink /var/log/dpkg.log").status, 0);
    const auto found = wait_for_pending([](const Json& one) { return one["operation"] == "delete" && one["subject"] == "container"; });
    ASSERT_TRUE(found);
    EXPECT_EQ((*found)["container"]["runtime"], "podman");
    EXPECT_EQ((*found)["container"]["name"], "pod");
    const auto output = approve((*found)["id"], "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_TRUE(eventually([] { return run("podman ps -q").text.empty(); }));
    must("podman rm -f pod >/dev/null 2>&1; podman ps -aq");
    reject_all();
}

}  // namespace
}  // namespace quell::guest
