// SPDX-License-Identifier: Apache-2.0
// What of a container is gone to right after a flip, by the path of the event.
#include "user/response/copied_up.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "tests/base/temp_dir.h"

namespace quell::response {
namespace {

constexpr quell_u32 kOverlay = 40;

// A directory that is a root, on a mount of which the table says what a test wants.
class CopiedUp : public testing::Test {
protected:
    void SetUp() override {
        std::filesystem::create_directories(directory_ / "var/log");
        std::ofstream(directory_ / "var/log/file") << "x";
        root_.fd = Fd(::open(directory_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        struct statx info {};
        ASSERT_EQ(::statx(root_.fd.get(), "", AT_EMPTY_PATH, STATX_MNT_ID, &info), 0);
        mount_ = info.stx_mnt_id;
    }
    [[nodiscard]] MountTable mounted_as(const std::string& type, const std::string& more = "") const {
        return MountTable::parse(std::to_string(mount_) + " 1 0:" + std::to_string(kOverlay) + " / / rw - " + type + " x rw\n" + more);
    }
    // 1: it is there; 0: it is not, or is something else; else a negative errno.
    [[nodiscard]] int found(const std::string& path, const MountTable& mounts, quell_u32 device = kOverlay) const {
        const auto file = find_on_overlay(root_, mounts, path, device);
        return file ? file->valid() : -file.error().code;
    }
    [[nodiscard]] int found(const std::string& path) const { return found(path, mounted_as("overlay")); }

    TempDir directory_;
    Root root_;
    std::uint64_t mount_ = 0;
};

TEST_F(CopiedUp, IsARegularFileOfThatOverlay) {
    EXPECT_EQ(found("/var/log/file"), 1);
    EXPECT_EQ(found("/var/log/file", mounted_as("overlay"), kOverlay + 1), 0) << "of another one";
    EXPECT_EQ(found("/var/log/file", mounted_as("ext4")), 0) << "of none";
    EXPECT_EQ(found("/var/log/none"), 0);
    EXPECT_EQ(found("/var/log/file/below"), 0);
    const auto unknown = find_on_overlay(root_, mounted_as("overlay"), "/var/log/file", 0);
    ASSERT_FALSE(unknown) << "there is one, and whether it is the one is not known";
    EXPECT_NE(unknown.error().message.find("not known on which overlay"), std::string::npos) << unknown.error().message;
}

TEST_F(CopiedUp, IsNothingElseThatLiesThere) {
    ASSERT_EQ(::mkfifo((directory_ / "var/log/fifo").c_str(), 0600), 0);
    EXPECT_EQ(found("/var/log/fifo"), 0);
    EXPECT_EQ(found("/var/log"), 0);
    if (::mknod((directory_ / "var/log/device").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0) {  // it takes root
        EXPECT_EQ(found("/var/log/device"), 0);
    }
}

TEST_F(CopiedUp, IsReachedByTheContainersLinksWhichLeadNowhereElse) {
    std::filesystem::create_symlink("/var/log", directory_ / "logs");
    std::filesystem::create_symlink("../../../../../../../../etc/passwd", directory_ / "out");
    std::filesystem::create_symlink("/proc/self/exe", directory_ / "magic");
    std::filesystem::create_symlink("round", directory_ / "round");
    EXPECT_EQ(found("/logs/file"), 1);
    for (const char* path : {"/out", "/magic", "/round"}) EXPECT_EQ(found(path), 0) << path;
}

TEST_F(CopiedUp, IsNotLookedForBehindWhatMayNeverAnswer) {
    const auto more = mounted_as("overlay", "99 1 0:50 / /var/log rw - fuse.sshfs x rw\n");
    EXPECT_EQ(found("/var/log/file", more), 1) << "on the way there no mount is crossed";
    EXPECT_EQ(found("/var/log/file", mounted_as("fuse.fuse-overlayfs")), -EXDEV);
    EXPECT_EQ(found("/var/log/file", MountTable::parse("")), -EXDEV);
}

// Where the root of this test's own machine has another file system mounted in it, which is so of /proc.
TEST(CopiedUpBelowAMount, IsJudgedByTheTableBeforeItIsWalked) {
    Root root;
    root.fd = Fd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    const auto code = [&](const std::string& of_proc, const std::string& path, const std::string& device = "0:41") {
        const auto found = find_on_overlay(root, MountTable::parse("4000001 1 0:40 / / rw - overlay x rw\n4000002 4000001 " + device + " / /proc rw - " + of_proc + " x rw\n"), path, kOverlay);
        return found ? static_cast<int>(found->valid()) : -found.error().code;
    };
    EXPECT_EQ(code("proc", "/proc/version"), -EXDEV) << "not walked";
    EXPECT_EQ(code("tmpfs", "/proc/version"), 0) << "walked, and no overlay";
    EXPECT_EQ(code("overlay", "/proc/version"), -EXDEV) << "another overlay, whose layers may be anything";
    EXPECT_EQ(code("overlay", "/proc/version", "0:40"), 0) << "the one of the event, and what lies there is not on it";
    EXPECT_EQ(code("tmpfs", "/proc/mounts"), -EXDEV) << "a link beyond a mount is not followed";
}

}  // namespace
}  // namespace quell::response
