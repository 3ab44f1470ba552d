// SPDX-License-Identifier: Apache-2.0
#include "user/response/local_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "tests/base/temp_dir.h"

namespace quell::response {
namespace {

constexpr const char* kRootLine = "21 1 0:40 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w\n";

TEST(LocalFiles, AreThoseThatNoServerIsAskedFor) {
    const auto mounts = MountTable::parse(std::string(kRootLine) + "22 21 0:50 / /srv rw - fuse.sshfs x rw\n23 22 0:51 / /srv/deep rw - tmpfs tmpfs rw\n24 21 0:52 / /mnt/nfs rw - nfs4 host:/ rw\n25 21 0:53 / /data rw - ext4 /dev/vda rw\n");
    for (const char* path : {"/", "/etc/passwd", "/srvx/file", "/mnt", "/mnt/nf", "/data/file", "//etc//passwd", "/etc/./passwd", "/etc/..", "/../../etc", "/data/../etc"}) EXPECT_TRUE(is_local(mounts, path)) << path;
    for (const char* path : {"/srv", "/srv/file", "/srv/deep/file", "//srv/file", "/./srv", "/mnt/nfs", "/mnt/nfs/", "/etc/../srv/file", "/../srv", "/srv/../etc/passwd"}) EXPECT_FALSE(is_local(mounts, path)) << path;
}

TEST(LocalFiles, AreThoseOfFineMountsWhereMoreIsAsked) {
    const auto mounts = MountTable::parse(std::string(kRootLine) + "25 21 0:53 / /data rw - ext4 /dev/vda rw\n");
    const auto is_root = [](const Mount& mount) { return mount.mountpoint == "/"; };
    EXPECT_TRUE(is_local(mounts, "/etc", is_root));
    EXPECT_FALSE(is_local(mounts, "/data/file", is_root));
}

TEST(LocalFiles, AreNoneWhereItIsNotKnown) {
    EXPECT_FALSE(is_local(MountTable::parse(""), "/etc"));
    EXPECT_FALSE(is_local(MountTable::parse(std::string(kRootLine) + "nonsense\n"), "/etc"));
    EXPECT_FALSE(is_local(MountTable::parse("21 1 0:40 / / rw - fuse.fuse-overlayfs x rw\n"), "/etc"));
    const Fd proc(::open("/proc/self", O_PATH | O_CLOEXEC));
    EXPECT_FALSE(is_on_local(proc.get()));
    EXPECT_FALSE(is_on_local(-1));
}

TEST(LocalFiles, AreOpenedWhereTheyAreRegular) {
    const TempDir directory;
    std::ofstream(directory / "file") << "x";
    ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0600), 0);
    std::filesystem::create_symlink("file", directory / "link");
    const auto reopened = [&](const std::string& path) {
        const Fd found(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        EXPECT_TRUE(found) << path;
        return reopen_regular(found.get());
    };
    const auto file = reopened(directory / "file");
    char byte = 0;
    EXPECT_EQ(::read(file.get(), &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
    for (const std::string& path : {directory / "fifo", directory / "link", directory.path(), std::string("/dev/null")}) {
        EXPECT_FALSE(reopened(path)) << path;
        EXPECT_EQ(errno, EINVAL) << path;
    }
    EXPECT_FALSE(reopen_regular(-1));
}

// Whatever takes its name meanwhile.
TEST(LocalFiles, AreThoseThatWereFound) {
    const TempDir directory;
    std::ofstream(directory / "file") << "x";
    const Fd found(::open((directory / "file").c_str(), O_PATH | O_CLOEXEC));
    std::filesystem::remove(directory / "file");
    ASSERT_EQ(::mkfifo((directory / "file").c_str(), 0600), 0);
    EXPECT_TRUE(reopen_regular(found.get()));
}

}  // namespace
}  // namespace quell::response
