// SPDX-License-Identifier: Apache-2.0
#include "user/base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

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
