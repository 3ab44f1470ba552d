// SPDX-License-Identifier: Apache-2.0
// Without a kernel side: nothing here is denied by one. That it is, VM tests show (Blind.*).
#include "user/daemon/canary.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace quell::daemon {
namespace {

class TryCanary : public testing::Test {
protected:
    TryCanary() {
        std::string name = (std::filesystem::temp_directory_path() / "quell-canary.XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        directory_ = name;
    }
    ~TryCanary() override { std::filesystem::remove_all(directory_); }

    std::filesystem::path directory_;
    volatile quell_u64 denied_ = 7;
};

TEST_F(TryCanary, WhatCanBeRemovedIsNotDeniedAndIsMadeAnew) {
    const auto file = directory_ / "canary";
    EXPECT_EQ(try_canary(denied_, file), Canary::kNotDenied) << "it was not there, and is made first";
    EXPECT_TRUE(std::filesystem::exists(file));
    EXPECT_EQ(try_canary(denied_, file), Canary::kNotDenied);
    EXPECT_TRUE(std::filesystem::exists(file));
}

// proc refuses it with the same error: that is no refusal by Quell.
TEST_F(TryCanary, ARefusalThatTheKernelSideDoesNotCountProvesNothing) {
    ASSERT_EQ(::unlink("/proc/self/stat"), -1);
    ASSERT_EQ(errno, EPERM);
    EXPECT_EQ(try_canary(denied_, "/proc/self/stat"), Canary::kUnknown);
}

TEST_F(TryCanary, WhatIsNoFileOrCannotBeMadeTellsNothing) {
    EXPECT_EQ(try_canary(denied_, directory_), Canary::kUnknown);
    EXPECT_EQ(try_canary(denied_, directory_ / "none" / "canary"), Canary::kUnknown);
    std::filesystem::create_symlink(directory_ / "elsewhere", directory_ / "link");
    EXPECT_EQ(try_canary(denied_, directory_ / "link"), Canary::kNotDenied);
    EXPECT_FALSE(std::filesystem::exists(directory_ / "elsewhere")) << "what a link names is not touched";
}

}  // namespace
}  // namespace quell::daemon
