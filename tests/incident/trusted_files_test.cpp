// SPDX-License-Identifier: Apache-2.0
#include "user/incident/trusted_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/base/temp_dir.h"

namespace quell {
namespace {

namespace fs = std::filesystem;

class TrustedFilesTest : public testing::Test {
protected:
    TrustedFilesTest() {
        ::umask(022);
        fs::create_directories(dir_ / "run/crun/a");
        std::ofstream(dir_ / "run/crun/a/status") << "text";
    }
    int code(const std::string& path, std::size_t max = 100) {
        auto text = files_.read(path, max);
        return text ? 0 : text.error().code;
    }

    TempDir dir_;
    TrustedFiles files_ = *TrustedFiles::open(dir_.path(), ::geteuid());
};

TEST_F(TrustedFilesTest, Reads) {
    EXPECT_EQ(*files_.read("/run/crun/a/status", 4), "text");
    EXPECT_EQ(*files_.read("//run/./crun/a//status", 4), "text");
    EXPECT_EQ(code("/run/crun/a/status", 3), EFBIG);
    EXPECT_EQ(code("/run/crun/b/status"), ENOENT);
    EXPECT_EQ(code("/run/crun"), EINVAL);
    EXPECT_EQ(code("/run/../run/crun/a/status"), EINVAL);
    EXPECT_EQ(code(std::string("/run\0/x", 7)), EINVAL);
}

TEST_F(TrustedFilesTest, BelievesNothingThatOthersCouldHaveWritten) {
    fs::permissions(dir_ / "run/crun/a/status", fs::perms(0664));
    EXPECT_EQ(code("/run/crun/a/status"), EPERM);
    fs::permissions(dir_ / "run/crun/a/status", fs::perms(0644));
    fs::permissions(dir_ / "run/crun", fs::perms(0777));
    EXPECT_EQ(code("/run/crun/a/status"), EPERM);
    fs::permissions(dir_ / "run/crun", fs::perms(01777));
    EXPECT_EQ(code("/run/crun/a/status"), 0) << "sticky: nobody can replace what is in it";
    const auto other = *TrustedFiles::open(dir_.path(), ::geteuid() + 1);
    EXPECT_EQ(other.read("/run/crun/a/status", 100).error().code, EPERM);
}

TEST_F(TrustedFilesTest, LinksStayBelowTheRoot) {
    fs::create_directory_symlink("/run/crun", dir_ / "absolute");
    EXPECT_EQ(*files_.read("/absolute/a/status", 100), "text") << "starts at the given root";
    fs::create_directory_symlink("crun", dir_ / "run/relative");
    EXPECT_EQ(*files_.read("/run/relative/a/status", 100), "text");
    fs::create_directory_symlink("../../../etc", dir_ / "run/up");
    EXPECT_EQ(code("/run/up/hostname"), EINVAL);
    fs::create_directory_symlink("circle", dir_ / "run/circle");
    EXPECT_EQ(code("/run/circle/x"), ELOOP);
}

TEST_F(TrustedFilesTest, NoFifos) {
    ASSERT_EQ(::mkfifo((dir_ / "run/fifo").c_str(), 0600), 0);
    EXPECT_EQ(code("/run/fifo"), EINVAL);
}

TEST_F(TrustedFilesTest, Lists) {
    fs::create_directories(dir_ / "run/crun/b");
    fs::create_directories(dir_ / "run/crun/.hidden");
    EXPECT_EQ(files_.list("/run/crun", 10)->size(), 2u);
    EXPECT_EQ(files_.list("/run/crun", 1)->size(), 1u);
    EXPECT_FALSE(files_.list("/run/none", 1).ok());
    EXPECT_FALSE(files_.list("/run/crun/a/status", 1).ok());
}

}  // namespace
}  // namespace quell
