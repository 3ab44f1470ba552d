// SPDX-License-Identifier: Apache-2.0
#include "user/base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/base/temp_dir.h"

namespace quell {
namespace {

TEST(Files, ReadsWholeOrNotAtAll) {
    const TempDir dir;
    std::ofstream(dir / "f") << std::string(10000, 'x');
    EXPECT_EQ(read_file(dir / "f", 10000)->size(), 10000u);
    EXPECT_EQ(read_file(dir / "f", 9999).error().code, EFBIG);
    EXPECT_EQ(read_file(dir / "none", 10).error().code, ENOENT);
    std::ofstream(dir / "empty") << "";
    EXPECT_EQ(*read_file(dir / "empty", 0), "");
}

TEST(Files, NeverWaitsForAFifo) {
    const TempDir dir;
    ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
    EXPECT_EQ(read_file(dir / "fifo", 10).error().code, EINVAL);
    EXPECT_EQ(read_file(dir.path(), 10).error().code, EINVAL);
}

TEST(Files, NoFollow) {
    const TempDir dir;
    std::ofstream(dir / "f") << "x";
    std::filesystem::create_symlink("f", dir / "link");
    const Fd fd(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY));
    EXPECT_EQ(*read_file_at(fd.get(), "link", 10), "x");
    EXPECT_EQ(read_file_at(fd.get(), "link", 10, O_NOFOLLOW).error().code, ELOOP);
}

TEST(Files, WritesAtomically) {
    const TempDir dir;
    ASSERT_TRUE(write_file_atomic(dir / "f", "one", 0640).ok());
    ASSERT_TRUE(write_file_atomic(dir / "f", "two", 0600).ok());
    EXPECT_EQ(*read_file(dir / "f", 10), "two");
    struct stat info {};
    ASSERT_EQ(::stat((dir / "f").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600u);
    EXPECT_EQ(write_file_atomic(dir / "no/f", "x", 0600).error().code, ENOENT);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1) << "no temporary file is left";
}

TEST(Files, ReplacedFilesKeepModeAndOwner) {
    const TempDir dir;
    ASSERT_TRUE(write_file_atomic(dir / "f", "one", 0640).ok());
    std::filesystem::create_symlink("f", dir / "link");
    // Root can give the file away first; others keep what they have.
    if (::geteuid() == 0) {
        ASSERT_EQ(::chown((dir / "f").c_str(), 1234, 4321), 0);
    }
    struct stat before {}, after {};
    ASSERT_EQ(::stat((dir / "f").c_str(), &before), 0);
    ASSERT_TRUE(replace_file(dir / "link", "one", "two").ok());
    EXPECT_EQ(*read_file(dir / "f", 10), "two");
    ASSERT_EQ(::lstat((dir / "f").c_str(), &after), 0);
    EXPECT_EQ(after.st_mode, before.st_mode);
    EXPECT_EQ(after.st_uid, before.st_uid);
    EXPECT_EQ(after.st_gid, before.st_gid);
    EXPECT_NE(after.st_ino, before.st_ino) << "not written into: whoever reads sees one or the other";
    EXPECT_TRUE(std::filesystem::is_symlink(dir / "link"));
}

TEST(Files, AFileThatIsNotWhatWasReadIsNotReplaced) {
    const TempDir dir;
    ASSERT_TRUE(write_file_atomic(dir / "f", "one", 0640).ok());
    EXPECT_EQ(replace_file(dir / "f", "other", "two").error().code, EBUSY);
    EXPECT_EQ(replace_file(dir / "f", "on", "two").error().code, EBUSY) << "longer";
    EXPECT_EQ(replace_file(dir / "f", "one more", "two").error().code, EBUSY) << "shorter";
    EXPECT_EQ(replace_file(dir / "none", "", "two").error().code, ENOENT);
    std::filesystem::create_hard_link(dir / "f", dir / "g");
    EXPECT_EQ(replace_file(dir / "f", "one", "two").error().code, EMLINK);
    EXPECT_EQ(*read_file(dir / "f", 10), "one");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 2) << "no temporary file is left";
}

TEST(Files, Names) {
    EXPECT_EQ(user_name(0), "root");
    EXPECT_EQ(group_name(0), "root");
    EXPECT_EQ(user_name(4'123'456'789), "unknown");
    EXPECT_EQ(user_id("root"), 0u);
    EXPECT_EQ(group_id("root"), 0u);
    EXPECT_FALSE(user_id("no such user").has_value());
}

}  // namespace
}  // namespace quell
