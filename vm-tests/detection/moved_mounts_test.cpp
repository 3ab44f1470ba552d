// SPDX-License-Identifier: Apache-2.0
// A mount that leaves its place without an umount: by mount(2) and by move_mount(2), from the host and from a container.
#include <gtest/gtest.h>

#include <cerrno>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

class MovedMount : public testing::TestWithParam<const char*> {
protected:
    void TearDown() override { reject_all(); }
    [[nodiscard]] static std::string move(const std::string& from) { return std::string(GetParam()) + " " + from + " /mnt"; }
    static void expect_unmount(const char* subject, std::int64_t before) {
        const auto found = wait_for([&](const Json& one) { return one["operation"] == "unmount" && one["subject"] == subject; });
        expect_told(found, before, std::string(GetParam()) + " by " + subject);
        EXPECT_EQ(incidents().size(), 1u) << "the new place is nobody's";
    }
};

TEST_P(MovedMount, OfALogVolumeIsSeenOnTheHost) {
    must("mkdir -p /mnt && mount -t tmpfs tmpfs /var/log");
    EXPECT_TRUE(wait_for([](const Json& one) { return one["operation"] == "mount-over"; }));
    reject_all();
    const auto before = matches();
    EXPECT_EQ(run("/w/attack " + move("/var/log")).status, 0);
    expect_unmount("host", before);
    must("umount /var/log");
}

TEST_P(MovedMount, OfALogVolumeIsSeenInAContainer) {
    must("rm -rf /srv/volume; mkdir -p /srv/volume/log");
    ContainerOptions options;
    options.mounts = {{{"destination", "/var/log"}, {"type", "bind"}, {"source", "/srv/volume/log"}, {"options", {"rbind", "rw"}}}};
    Container container("moved", options);
    container.start();
    const auto before = matches();
    EXPECT_EQ(attack(container, move("/var/log")), 0);
    expect_unmount("container", before);
}

// Nothing leaves its place: a directory does not go over a file.
TEST_P(MovedMount, ThatTheKernelRefusesIsSilent) {
    must("mkdir -p /mnt && mount -t tmpfs tmpfs /var/log");
    EXPECT_TRUE(wait_for([](const Json& one) { return one["operation"] == "mount-over"; }));
    reject_all();
    const auto before = matches();
    EXPECT_EQ(run("/w/attack " + std::string(GetParam()) + " /var/log /etc/hostname").status, EINVAL);
    EXPECT_EQ(matches(), before);
    EXPECT_TRUE(incidents().empty());
    must("umount /var/log");
}

// And one that was attached nowhere leaves no place: a clone of a watched directory that is put elsewhere hides nothing.
TEST_P(MovedMount, OfSomethingElseIsSilent) {
    must("mkdir -p /mnt /srv/other && mount -t tmpfs tmpfs /srv/other");
    const auto before = matches();
    EXPECT_EQ(run("/w/attack " + move("/srv/other")).status, 0);
    EXPECT_EQ(run("/w/attack move-mount-over /mnt /var/log").status, 0);
    EXPECT_EQ(run("/w/attack mount-over /mnt /var/log").status, 0);
    EXPECT_EQ(matches(), before);
    must("touch /var/log/control.log && rm /var/log/control.log");
    EXPECT_TRUE(wait_for([](const Json& one) { return one["operation"] == "delete" && one["subject"] == "host"; }));
    EXPECT_EQ(incidents().size(), 1u) << "the control only";
    must("umount /srv/other");
}

INSTANTIATE_TEST_SUITE_P(Calls, MovedMount, testing::Values("move-away", "move-mount-away"),
                         [](const auto& one) { return std::string(one.param) == "move-away" ? "Mount" : "MoveMount"; });

}  // namespace
}  // namespace quell::guest
