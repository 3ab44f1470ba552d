// SPDX-License-Identifier: Apache-2.0
#include "user/incident/mounts.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace quell {
namespace {

// A container: overlay root, a volume at /var/log, one of its files bound to
// /etc/motd, a tmpfs, a nested bind, and two mounts that others lie over.
constexpr char kContainer[] =
    R"(900 800 0:52 / / rw,relatime master:9 - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w
901 900 0:60 / /proc rw,nosuid - proc proc rw
902 900 0:61 / /tmp rw - tmpfs tmpfs rw
903 900 8:1 /volumes/pod1/logs /var/log rw,relatime - ext4 /dev/sda1 rw
904 900 8:1 /volumes/pod1/logs/motd /etc/motd ro - ext4 /dev/sda1 rw
905 903 8:1 /archive /var/log/old rw - ext4 /dev/sda1 rw
906 900 8:1 /volumes/pod1/covered /srv rw - ext4 /dev/sda1 rw
907 906 0:62 / /srv rw - tmpfs tmpfs rw
908 900 8:1 /volumes/deep /mnt/a rw - ext4 /dev/sda1 rw
909 900 0:63 / /mnt rw - tmpfs tmpfs rw
910 900 0:64 / /with\040space\134x rw shared:1 master:2 - tmpfs tmpfs rw
)";
constexpr std::uint32_t kOverlay = 52;
constexpr std::uint32_t kDisk = 8u << 20 | 1;

// "/a/b" as the kernel side sends it: "b\0a\0"
std::string components(const std::string& path) {
    std::string out;
    std::string rest = path;
    while (rest.size() > 1) {
        const std::size_t slash = rest.rfind('/');
        out += rest.substr(slash + 1) + '\0';
        rest.resize(slash);
    }
    return out;
}

class MountsTest : public testing::Test {
protected:
    PlacedPath best(std::uint32_t device, const std::string& path) { return table_.place(device, components(path))[0]; }

    MountTable table_ = MountTable::parse(kContainer);
};

TEST_F(MountsTest, Parses) {
    ASSERT_EQ(table_.mounts().size(), 11u);
    EXPECT_EQ(table_.skipped(), 0u);
    const Mount& log = table_.mounts()[3];
    EXPECT_EQ(log.id, 903u);
    EXPECT_EQ(log.parent, 900u);
    EXPECT_EQ(log.device, kDisk);
    EXPECT_EQ(log.root, "/volumes/pod1/logs");
    EXPECT_EQ(log.mountpoint, "/var/log");
    EXPECT_EQ(log.type, "ext4");
    EXPECT_EQ(table_.mounts()[10].mountpoint, "/with space\\x");
    EXPECT_EQ(table_.mounts()[10].type, "tmpfs") << "behind two optional fields";
}

TEST_F(MountsTest, OverlayRoot) {
    EXPECT_EQ(best(kOverlay, "/usr/bin/id"), (PlacedPath{"/usr/bin/id", PathIs::Visible}));
    EXPECT_EQ(best(kOverlay, "/"), (PlacedPath{"/", PathIs::Visible}));
    EXPECT_EQ(best(kOverlay, "/var/log/dpkg.log"), (PlacedPath{"/var/log/dpkg.log", PathIs::Covered}))
        << "an old descriptor below the volume";
}

TEST_F(MountsTest, Volume) {
    EXPECT_EQ(best(kDisk, "/volumes/pod1/logs/app/x.log"), (PlacedPath{"/var/log/app/x.log", PathIs::Visible}));
    EXPECT_EQ(best(kDisk, "/volumes/pod1/logs"), (PlacedPath{"/var/log", PathIs::Visible}));
    EXPECT_EQ(best(kDisk, "/volumes/pod1/logs2/x"), (PlacedPath{"/volumes/pod1/logs2/x", PathIs::Unplaced}))
        << "whole components only";
    EXPECT_EQ(best(kDisk, "/volumes/pod1/logs/old/x"), (PlacedPath{"/var/log/old/x", PathIs::Covered}));
}

TEST_F(MountsTest, SingleFileBindComesFirst) {
    const auto places = table_.place(kDisk, components("/volumes/pod1/logs/motd"));
    ASSERT_EQ(places.size(), 2u);
    EXPECT_EQ(places[0], (PlacedPath{"/etc/motd", PathIs::Visible}));
    EXPECT_EQ(places[1], (PlacedPath{"/var/log/motd", PathIs::Visible}));
}

TEST_F(MountsTest, NestedBind) { EXPECT_EQ(best(kDisk, "/archive/a.gz"), (PlacedPath{"/var/log/old/a.gz", PathIs::Visible})); }

TEST_F(MountsTest, Tmpfs) {
    EXPECT_EQ(best(61, "/a"), (PlacedPath{"/tmp/a", PathIs::Visible}));
    EXPECT_EQ(best(64, "/a"), (PlacedPath{"/with space\\x/a", PathIs::Visible}));
}

TEST_F(MountsTest, CoveredByALaterMount) {
    EXPECT_EQ(best(kDisk, "/volumes/pod1/covered/f"), (PlacedPath{"/srv/f", PathIs::Covered})) << "at the same place";
    EXPECT_EQ(best(kDisk, "/volumes/deep/f"), (PlacedPath{"/mnt/a/f", PathIs::Covered})) << "at an ancestor";
    EXPECT_EQ(best(62, "/f"), (PlacedPath{"/srv/f", PathIs::Visible}));
    EXPECT_FALSE(best(kDisk, "/volumes/deep/f").exact());
}

TEST_F(MountsTest, UnknownAndCut) {
    EXPECT_EQ(best(999, "/a/b"), (PlacedPath{"/a/b", PathIs::Unplaced}));
    EXPECT_EQ(table_.place(kOverlay, components("/a/b"), true)[0], (PlacedPath{"…/a/b", PathIs::Cut}));
    EXPECT_EQ(MountTable{}.place(1, "")[0], (PlacedPath{"/", PathIs::Unplaced}));
}

TEST_F(MountsTest, OddComponents) {
    EXPECT_EQ(table_.place(999, std::string("x", 1))[0].path, "/x") << "no NUL at the end";
    EXPECT_EQ(table_.place(999, std::string("\0", 1))[0].path, "/");
    EXPECT_EQ(best(999, "/a\nb/\xff").path, "/a\nb/\xff") << "raw";
}

TEST(Mounts, OddLines) {
    const MountTable table = MountTable::parse(
        "\n1\nx y z\n1 2 3 / / rw - t s o\n1 2 9999999:0 / / rw - t s o\n1 2 0:1 / nowhere rw - t s o\n"
        "1 2 0:1 / / rw shared:1\n5 5 0:1 / / rw - tmpfs tmpfs rw");
    EXPECT_EQ(table.mounts().size(), 1u) << "a mount that is its own parent is a root";
    EXPECT_EQ(table.skipped(), 6u);
    EXPECT_EQ(table.place(1, components("/a"))[0], (PlacedPath{"/a", PathIs::Visible}));
}

TEST(Mounts, ACircleEnds) {
    const MountTable table = MountTable::parse("1 9 0:1 / / rw - t s o\n2 3 0:2 / /a rw - t s o\n3 2 0:3 / /a rw - t s o\n");
    EXPECT_EQ(table.place(2, components("/x"))[0], (PlacedPath{"/a/x", PathIs::Covered}));
}

// What a container can do to the daemon's time: as many binds as fit.
TEST(Mounts, ManyMounts) {
    std::string text = "1 0 0:1 / / rw - overlay overlay rw\n2 1 0:2 / /data rw - tmpfs t rw\n";
    for (int i = 3; i < 70'000; i++) text += std::to_string(i) + " 1 0:2 /d/f /m" + std::to_string(i) + " rw - tmpfs t rw\n";
    const MountTable table = MountTable::parse(text);
    EXPECT_EQ(table.mounts().size(), kMountsMax);
    EXPECT_GT(table.skipped(), 0u);
    const auto places = table.place(2, components("/d/f"));
    EXPECT_EQ(places.size(), kPlacesMax);
    EXPECT_TRUE(places[0].exact());
    EXPECT_EQ(table.place(2, components("/d/g"))[0], (PlacedPath{"/data/d/g", PathIs::Visible}));
}

TEST(Mounts, OfThisProcess) {
    auto table = MountTable::of_task(::getpid());
    ASSERT_TRUE(table.ok());
    EXPECT_FALSE(table->mounts().empty());
    EXPECT_FALSE(MountTable::of_task(0x7fffffff).ok());
}

}  // namespace
}  // namespace quell
