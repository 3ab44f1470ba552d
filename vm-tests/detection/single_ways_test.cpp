// SPDX-License-Identifier: Apache-2.0
// A single log file that is mounted into the container, and containers by
// other runtimes.
#include <gtest/gtest.h>

#include <cerrno>

#include "vm-tests/detection/everyway.h"
#include "vm-tests/detection/seen.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr const char* kFile = "/var/log/b.log";

struct Step {
    const char* operation;
    int matches;     // of one way
    const char* other = "";
};

TEST(SingleFile, EveryOperationIsSeenByEveryWay) {
    must("rm -rf /srv/volume; mkdir -p /srv/volume/log && echo line >/srv/volume/log/b.log");
    ContainerOptions options;
    options.command = "sleep 1000; true";  // its shell stays and reaps
    options.mounts = {bind_mount("/srv/volume/log/b.log", kFile), bind_mount("/srv/volume/log", "/vol")};
    Container container("single", options);
    container.start();
    for (const auto& step : {Step{"truncate", 1}, Step{"ftruncate", 1}, Step{"open-truncate", 1}, Step{"creat", 1}, Step{"cover", 2, "/tmp/other"}}) {
        const auto& operation = operation_named(step.operation);
        const int ways = ways_of(operation);
        const auto output = expect_seen(&container, std::string("attack everyway ") + step.operation + " " + kFile + " " + step.other,
                                        {operation.word, *step.other ? "" : kFile, ways * step.matches});  // what is covered has the volume's name
        const auto results = results_of(output.text);
        EXPECT_EQ(results.size(), ways) << output.text;
        for (const auto& [key, result] : results) EXPECT_EQ(result, 0) << key;
    }
    // what is mounted cannot lose its name there
    EXPECT_EQ(expect_unseen(&container, std::string("attack unlink ") + kFile).status, EBUSY);
    EXPECT_EQ(expect_seen(&container, std::string("attack rename-away ") + kFile + " /var/gone", {"rename", kFile}).status, EBUSY) << "after the hook";
    EXPECT_EQ(expect_unseen(&container, std::string("attack link-out ") + kFile + " /var/link").status, EXDEV);
    // the volume's directory, mounted elsewhere: the file's own names
    EXPECT_EQ(expect_seen(&container, "attack truncate /vol/b.log", {"truncate", kFile}).status, 0);
    EXPECT_EQ(expect_seen(&container, "echo line >>/vol/b.log; attack link-out /vol/b.log /vol/link", {"link", kFile}).status, 0);
    EXPECT_EQ(expect_seen(&container, "attack rename-away /vol/b.log /vol/gone", {"rename", ""}).status, 0);  // placed while its name changes: by either
    EXPECT_EQ(expect_seen(&container, "attack unlink /vol/gone", {"delete", ""}).status, 0);
    EXPECT_EQ(expect_seen(&container, std::string("attack umount ") + kFile, {"unmount", kFile}).status, 0);
    reject_all();
}

TEST(SingleFile, BelowADirectoryOfTheLog) {
    Container container("below");
    container.start();
    EXPECT_EQ(expect_seen(&container, "attack unlink /var/log/sub/deep.log", {"delete", "/var/log/sub/deep.log"}).status, 0);
    reject_all();
}

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
