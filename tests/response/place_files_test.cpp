// SPDX-License-Identifier: Apache-2.0
#include "user/response/place_files.h"

#include <gtest/gtest.h>

namespace quell::response {
namespace {

constexpr const char* kTable =
    R"(900 800 0:52 / / rw - overlay overlay rw
901 900 0:60 / /proc rw - proc proc rw
902 901 0:61 / /proc/acpi ro - tmpfs tmpfs ro
903 900 8:1 /logs /var/log rw - ext4 /dev/sda1 rw
904 903 8:1 /archive /var/log/old rw - ext4 /dev/sda1 rw
905 904 0:62 / /var/log/old/tmp rw - tmpfs tmpfs rw
906 900 8:1 /logs /var/logs rw - ext4 /dev/sda1 rw
907 900 0:63 / /dev rw - tmpfs tmpfs rw
908 907 0:64 / /dev/pts rw - devpts devpts rw
909 900 0:65 / /sys ro - sysfs sysfs ro
910 909 0:66 / /sys/fs/cgroup ro - cgroup2 cgroup ro
911 903 0:67 / /var/log/old rw - tmpfs tmpfs rw
912 900 8:1 /hosts /etc/hosts rw - ext4 /dev/sda1 rw
)";

std::vector<std::string> below(const char* directory) { return mountpoints_below(MountTable::parse(kTable), directory); }

using List = std::vector<std::string>;

TEST(PlaceFiles, WhatIsMountedBelowADirectoryIsListedOnce) {
    EXPECT_EQ(below("/var/log"), (List{"/var/log/old", "/var/log/old/tmp"}));
    EXPECT_EQ(below("/var"), (List{"/var/log", "/var/log/old", "/var/log/old/tmp", "/var/logs"}));
    EXPECT_EQ(below("/var/logs"), List{}) << "what is mounted at a place is the place";
    EXPECT_EQ(below("/nowhere"), List{});
}

TEST(PlaceFiles, WhatIsTheKernelsIsLeftOut) {
    EXPECT_EQ(below("/"), (List{"/dev", "/etc/hosts", "/var/log", "/var/log/old", "/var/log/old/tmp", "/var/logs"}));
    EXPECT_EQ(below("/proc"), List{});
}

// At a hook the container's mounts are there, below a root that its first process has not changed to.
TEST(PlaceFiles, OfARootThatIsAnotherOneYet) {
    constexpr const char* kBefore =
        R"(20 1 8:1 / / rw - ext4 /dev/sda1 rw
21 20 0:5 / /proc rw - proc proc rw
22 20 0:60 / /srv/web/rootfs rw - overlay overlay rw
23 22 0:61 / /srv/web/rootfs/proc rw - proc proc rw
24 22 8:1 /data /srv/web/rootfs/vol rw - ext4 /dev/sda1 rw
25 24 0:62 / /srv/web/rootfs/vol/tmp rw - tmpfs tmpfs rw
26 20 0:63 / /srv/web/rootfs-old/vol rw - tmpfs tmpfs rw
27 20 0:64 / /vol/tmp rw - tmpfs tmpfs rw
)";
    const auto table = MountTable::parse(kBefore);
    EXPECT_EQ(mountpoints_below(table, "/vol", "/srv/web/rootfs"), List{"/vol/tmp"});
    EXPECT_EQ(mountpoints_below(table, "/", "/srv/web/rootfs"), (List{"/vol", "/vol/tmp"}));
    EXPECT_EQ(mountpoints_below(table, "/etc", "/srv/web/rootfs"), List{});
}

TEST(PlaceFiles, AFileThatIsMappedSharedAndWritableIsSeen) {
    EXPECT_TRUE(has_writable_files("7f0000-7f1000 rw-s 00000000 fe:00 123                        /var/log/map\n"));
    EXPECT_TRUE(has_writable_files("7f0000-7f1000 r--p 00000000 fe:00 12 /bin/sh\n7f2000-7f3000 -w-s 00000000 fe:00 123 /a b (deleted)"));
    EXPECT_TRUE(has_writable_files("7f0000-7f1000 rw-s 00000000 00:1a 9 /dev/shm/x\n"));
    for (const char* none : {"", "\n", "x", "7f0000-7f1000", "7f0000-7f1000 rw", "7f0000-7f1000 rw-p 00000000 fe:00 123 /var/log/map\n", "7f0000-7f1000 r--s 00000000 fe:00 123 /var/log/map\n",
                             "7f0000-7f1000 rw-s 00000000 00:01 5 /memfd:x (deleted)\n", "7f0000-7f1000 rw-s 00000000 00:01 5 /SYSV00000000 (deleted)\n",
                             "7f0000-7f1000 rw-s 00000000 00:01 5 /dev/zero (deleted)\n", "7f0000-7f1000 rw-s 00000000 00:0e 5 anon_inode:[io_uring]\n", "7f0000-7f1000 rw-s 00000000 00:00 0\n"})
        EXPECT_FALSE(has_writable_files(none)) << none;
}

}  // namespace
}  // namespace quell::response
