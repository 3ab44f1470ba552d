// SPDX-License-Identifier: Apache-2.0
#include "user/control/listener.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/base/temp_dir.h"

namespace quell::control {
namespace {

mode_t mode_of(const std::string& path) {
    struct stat found{};
    return lstat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

TEST(Listener, MakesTheDirectoryAndTheSocketAndRemovesIt) {
    const TempDir dir;
    const std::string path = dir / "run/quell.sock";
    const mode_t before = umask(0077);
    {
        auto listener = Listener::create(path, 0660, getgid());
        ASSERT_TRUE(listener) << listener.error().message;
        EXPECT_EQ(mode_of(path), 0660u);
    }
    umask(before);
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Listener, ReplacesAStaleSocketOnly) {
    const TempDir dir;
    const std::string path = dir / "quell.sock";
    {
        auto listener = Listener::create(path, 0660, {});
        ASSERT_TRUE(listener);
        std::filesystem::rename(path, dir / "kept");
    }
    std::filesystem::rename(dir / "kept", path);  // as after SIGKILL
    auto first = Listener::create(path, 0666, {});
    ASSERT_TRUE(first) << first.error().message;
    const auto second = Listener::create(path, 0666, {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, EADDRINUSE);
    EXPECT_TRUE(std::filesystem::is_socket(path));
}

TEST(Listener, LeavesOtherFilesAlone) {
    const TempDir dir;
    const std::string path = dir / "quell.sock";
    std::ofstream(path) << "precious";
    const auto refused = Listener::create(path, 0660, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, EEXIST);
    EXPECT_EQ(std::filesystem::file_size(path), 8u);
    EXPECT_EQ(Listener::create("/" + std::string(200, 'x'), 0660, {}).error().code, ENAMETOOLONG);
    std::filesystem::create_symlink("nowhere", dir / "link");
    EXPECT_FALSE(Listener::create(dir / "link", 0660, {}));
}

}  // namespace
}  // namespace quell::control
