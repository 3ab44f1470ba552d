// SPDX-License-Identifier: Apache-2.0
// Long, deep and many: what is within the bounds is judged like everything else.
#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"
#include "vm-tests/races/jail.h"

namespace quell::guest {
namespace {

Json bind_mount(const std::string& from, const std::string& to) {
    return {{"destination", to}, {"type", "bind"}, {"source", from}, {"options", {"rbind", "rw"}}};
}

class Bounds : public testing::Test {
protected:
    void TearDown() override {
        expect_nothing_lost();
        reject_all();
    }
};

struct Depth {
    const char* name;
    const char* levels;
    const char* length;
};

class Deep : public Bounds, public testing::WithParamInterface<Depth> {};

TEST_P(Deep, IsSeenOnTheHostAndInAContainer) {
    const auto& depth = GetParam();
    Jail jail("deep");
    for (const auto& result : {jail.run({"deep", "/var/log", depth.levels, depth.length}), race({"deep", "/var/log", depth.levels, depth.length})}) {
        EXPECT_EQ(result["failed"], 0) << result;
        EXPECT_EQ(result["matched"], 1) << result;
    }
    must("rm -rf /var/log/d*");
}

INSTANTIATE_TEST_SUITE_P(Paths, Deep,
                         testing::Values(Depth{"SixtyFourLevels", "64", "3"}, Depth{"AHundredAndTwentyLevels", "120", "1"},
                                         // "/var/log", 16 times 255, "/deep.f": the 4,095 bytes that a path may have
                                         Depth{"FourThousandBytes", "16", "254"}),
                         [](const auto& one) { return std::string(one.param.name); });

constexpr int kMounts = 1100;

TEST_F(Bounds, AContainerWithElevenHundredMounts) {
    must("rm -rf /srv/many; mkdir -p /srv/many/log; cd /srv/many; mkdir $(seq 1 " + std::to_string(kMounts) + ")");
    write("/srv/many/log/b.log", "line\n");
    ContainerOptions options;
    for (int i = 1; i <= kMounts; i++) options.mounts.push_back(bind_mount("/srv/many/" + std::to_string(i), "/mnt/" + std::to_string(i)));
    options.mounts.push_back(bind_mount("/srv/many/log", "/var/log"));
    Container container("many", options);
    container.start();
    ASSERT_EQ(attack(container, "unlink /var/log/b.log"), 0);
    (void)pending_id("many", "delete");
}

// All of one superblock, the host's root: 34 of them, and 32 copies of these.
TEST_F(Bounds, AHostWithElevenHundredMounts) {
    must("cd / && mkdir -p /srv/many /mnt/many && cd /srv/many && mkdir -p $(seq 1 34) && cd /mnt/many && mkdir -p 0 $(seq 1 32) && cd 0 && mkdir -p $(seq 1 34)");
    must("for i in $(seq 1 34); do mount --bind /srv/many/$i /mnt/many/0/$i || exit; done; for i in $(seq 1 32); do mount --rbind /mnt/many/0 /mnt/many/$i || exit; done");
    EXPECT_GE(std::stoi(must("grep -c /mnt/many /proc/self/mounts")), kMounts);
    write("/var/log/b.log", "line\n");
    EXPECT_EQ(run("/w/attack unlink /var/log/b.log").status, 0);
    EXPECT_TRUE(wait_for([](const Json& one) { return one["operation"] == "delete" && one["subject"] == "host"; }));
    reject_all();
    // and what is bound into the watched tree as one of many
    must("mkdir -p /var/log/bound; mount --bind /srv/many/7 /var/log/bound");
    write("/mnt/many/9/7/x.log", "line\n");
    EXPECT_EQ(run("/w/attack unlink /mnt/many/9/7/x.log").status, 0);
    EXPECT_TRUE(wait_for([](const Json& one) { return one["operation"] == "delete" && one["subject"] == "host"; }));
    reject_all();
    // a single file among them
    must("echo line >/srv/many/8/y.log; touch /var/log/y.log; mount --bind /srv/many/8/y.log /var/log/y.log");
    EXPECT_EQ(run("/w/attack truncate /srv/many/8/y.log").status, 0);
    EXPECT_TRUE(wait_for([](const Json& one) { return one["operation"] == "truncate" && one["subject"] == "host"; }));
    must("umount /var/log/y.log /var/log/bound && umount -l /mnt/many/[1-9]* && ! grep -q /mnt/many/ /proc/self/mounts");
}

TEST_F(Bounds, ASingleFileBoundOnTheHost) {
    must("mkdir -p /srv/single; echo line > /srv/single/file; touch /var/log/single.log; mount --bind /srv/single/file /var/log/single.log");
    EXPECT_EQ(run("/w/attack truncate /srv/single/file").status, 0);
    EXPECT_TRUE(wait_for([](const Json& one) { return one["operation"] == "truncate" && one["subject"] == "host"; }));
    must("umount /var/log/single.log");
}

}  // namespace
}  // namespace quell::guest
