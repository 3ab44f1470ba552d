// SPDX-License-Identifier: Apache-2.0
#include "user/response/root.h"

#include <gtest/gtest.h>
#include <linux/openat2.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <filesystem>
#include <fstream>

#include "tests/base/temp_dir.h"

namespace quell::response {
namespace {

// A process that has the host's root still, as at an OCI hook: this one.
class StartingRoot : public testing::Test {
protected:
    void SetUp() override {
        std::filesystem::create_directories(directory_ / "etc");
        std::ofstream(directory_ / "etc/file") << "x";
        std::filesystem::create_symlink("/etc/file", directory_ / "link");
        std::filesystem::create_symlink("../../../../../../../../etc/file", directory_ / "out");
    }
    [[nodiscard]] Starting starting(const std::string& root) const { return {static_cast<quell_u32>(::getpid()), root}; }
    [[nodiscard]] std::string real() const { return std::filesystem::canonical(directory_.path()); }
    TempDir directory_;
};

TEST_F(StartingRoot, IsWhereItsHookSays) {
    const auto root = open_root(starting(directory_.path()), "/");
    ASSERT_TRUE(root) << root.error().message;
    EXPECT_EQ(root->path, real());
    EXPECT_EQ(root->mounted_at, real());
    EXPECT_EQ(root->init.pid, static_cast<quell_u32>(::getpid()));
    for (const char* path : {"/etc/file", "etc/file", "/link", "/out"}) {
        const auto file = open_in(*root, path);
        ASSERT_TRUE(file) << path << ": links are followed in there only";
        EXPECT_EQ(path_in(*root, file), "/etc/file") << path;
    }
    EXPECT_EQ(path_in(*root, open_in(*root, "/..")), "/");
    EXPECT_FALSE(open_in(*root, "/passwd"));
    EXPECT_FALSE(open_in(*root, "/link", RESOLVE_NO_SYMLINKS));
    EXPECT_NE(why_not_opened(errno).find("symbolic link"), std::string::npos);
    const Root elsewhere{Fd(), {}, real() + "/etc", {}};
    EXPECT_FALSE(path_in(elsewhere, open_in(*root, "/")));
}

TEST_F(StartingRoot, OfOneThatHasChangedItIsItsOwn) {
    const auto root = open_root(starting("/nowhere"), directory_.path());
    ASSERT_TRUE(root) << root.error().message;
    EXPECT_EQ(root->path, "");
    EXPECT_EQ(root->mounted_at, "");
    EXPECT_TRUE(open_in(*root, directory_ / "etc/file"));
}

TEST_F(StartingRoot, WhatIsNoneIsRefused) {
    const auto code = [&](const Starting& one) {
        const auto root = open_root(one, "/");
        return root ? 0 : root.error().code;
    };
    EXPECT_EQ(code(starting("")), EOPNOTSUPP);
    EXPECT_EQ(code(starting("/nowhere/at/all")), EOPNOTSUPP);
    EXPECT_EQ(code(starting(directory_ / "etc/file")), EOPNOTSUPP) << "no directory";
    EXPECT_EQ(code(starting("/")), EOPNOTSUPP) << "the host's";
    EXPECT_EQ(code({static_cast<quell_u32>(INT_MAX), directory_.path()}), ESRCH);
    EXPECT_NE(open_root(starting(directory_.path()), "/nowhere").error().code, 0);
}

}  // namespace
}  // namespace quell::response
