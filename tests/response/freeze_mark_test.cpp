// SPDX-License-Identifier: Apache-2.0
#include "user/response/freeze_mark.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace quell::response {
namespace {

class Marks : public testing::Test {
protected:
    void TearDown() override { std::filesystem::remove_all(root_); }
    std::string make() {
        char path[] = "/tmp/quell-marks-XXXXXX";
        return mkdtemp(path) ? path : "";
    }
    const std::string root_ = make();
    const std::string directory_ = root_ + "/frozen";
};

TEST_F(Marks, AreThereForAsLongAsItIsFrozen) {
    EXPECT_TRUE(left_frozen(directory_).empty()) << "there is no directory";
    {
        const FreezeMark one(4711, directory_), other(4712, directory_);
        auto left = left_frozen(directory_);
        std::ranges::sort(left);
        EXPECT_EQ(left, (std::vector<std::uint64_t>{4711, 4712}));
        struct stat made {};
        ASSERT_EQ(stat(directory_.c_str(), &made), 0);
        EXPECT_EQ(made.st_mode & 0777, 0700u);
    }
    EXPECT_TRUE(left_frozen(directory_).empty());
}

TEST_F(Marks, OfWhatIsFrozenStillIsKeptUntilItIsForgotten) {
    {
        FreezeMark mark(4711, directory_);
        mark.keep();
    }
    EXPECT_EQ(left_frozen(directory_), std::vector<std::uint64_t>{4711});
    forget_freeze(4711, directory_);
    EXPECT_TRUE(left_frozen(directory_).empty());
}

TEST_F(Marks, WhatIsNoNumberIsNone) {
    { FreezeMark(1, directory_).keep(); }
    for (const char* name : {"x", "12x", "-3", "0", "99999999999999999999"}) std::ofstream(directory_ + "/" + name) << "";
    EXPECT_EQ(left_frozen(directory_), std::vector<std::uint64_t>{1});
}

TEST_F(Marks, WhereNoneCanBeMadeNothingElseHappens) {
    std::ofstream(directory_) << "no directory";
    const FreezeMark mark(1, directory_);
    EXPECT_TRUE(left_frozen(directory_).empty());
}

}  // namespace
}  // namespace quell::response
