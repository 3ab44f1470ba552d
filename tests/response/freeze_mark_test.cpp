// SPDX-License-Identifier: Apache-2.0
#include "user/response/freeze_mark.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

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

// What a cgroup.freeze would say, and what the kernel side says of who wants it so.
struct Frozen {
    std::atomic<bool> is_frozen = true, is_wanted = false;
    std::vector<bool> written = {};

    bool end(FreezeMark& mark) {
        return mark.end([this] { return is_wanted.load(); },
                        [this](bool frozen) {
                            is_frozen = frozen;
                            written.push_back(frozen);
                            return true;
                        });
    }
};

TEST_F(Marks, OfSeveralOfOneContainerTheLastEndsItAndTakesTheFileAlong) {
    Frozen container;
    FreezeMark one(4711, directory_), other(4711, directory_);
    EXPECT_TRUE(container.end(one));
    EXPECT_TRUE(container.written.empty()) << "the other one is in its moment";
    EXPECT_EQ(left_frozen(directory_), std::vector<std::uint64_t>{4711});
    EXPECT_TRUE(container.end(other));
    EXPECT_EQ(container.written, std::vector<bool>{false});
    EXPECT_TRUE(left_frozen(directory_).empty());
}

TEST_F(Marks, ItsEndLeavesFrozenWhatSomebodyWantsSo) {
    Frozen container;
    container.is_wanted = true;
    {
        FreezeMark one(4711, directory_), other(4711, directory_);
        EXPECT_TRUE(container.end(one)) << "also where it is not the last";
        EXPECT_TRUE(container.end(other));
    }
    EXPECT_EQ(container.written, (std::vector<bool>{true, true})) << "and is let go on for no moment";
    EXPECT_TRUE(left_frozen(directory_).empty());
}

// Paused, or resumed, between the look at who wants it and the writing.
TEST_F(Marks, WhatChangesMeanwhileIsLookedAtOnceMore) {
    for (const bool first : {false, true}) {
        bool is_wanted = first;
        std::vector<bool> written;
        FreezeMark mark(4711, directory_);
        EXPECT_TRUE(mark.end([&] { return is_wanted; },
                             [&](bool frozen) {
                                 written.push_back(frozen);
                                 is_wanted = !first;
                                 return true;
                             }));
        EXPECT_EQ(written, (std::vector<bool>{first, !first}));
    }
}

TEST_F(Marks, WhatCouldNotBeLetGoOnIsKept) {
    for (const bool is_wanted : {true, false}) {
        FreezeMark mark(4711, directory_);
        EXPECT_FALSE(mark.end([&] { return is_wanted; }, [](bool) { return false; }));
        EXPECT_EQ(left_frozen(directory_).size(), is_wanted ? 0u : 1u);
    }
}

TEST_F(Marks, WhoIsFrozenForAMomentIsNotFrozenByOthers) {
    const auto is_frozen = [] { return true; };
    EXPECT_TRUE(is_frozen_unmarked(4711, is_frozen, directory_));
    EXPECT_FALSE(is_frozen_unmarked(4711, [] { return false; }, directory_));
    {
        const FreezeMark mark(4711, directory_);
        EXPECT_FALSE(is_frozen_unmarked(4711, is_frozen, directory_));
        EXPECT_TRUE(is_frozen_unmarked(4712, is_frozen, directory_)) << "another one is";
    }
    EXPECT_TRUE(is_frozen_unmarked(4711, is_frozen, directory_));
    FreezeMark kept(4711, directory_);
    kept.keep();
    Frozen container;
    EXPECT_TRUE(container.end(kept));
    EXPECT_TRUE(is_frozen_unmarked(4711, is_frozen, directory_)) << "what is over is over";
}

// Sweepers that freeze and let go on, beside who asks all the time: never is it taken for somebody else's, nor left so.
TEST_F(Marks, SeveralThreadsAtOnceLeaveNobodyFrozen) {
    Frozen container;
    container.is_frozen = false;
    std::atomic<bool> is_over = false;
    std::atomic<unsigned> misjudged = 0;
    std::thread asks([&] {
        while (!is_over)
            if (is_frozen_unmarked(4711, [&] { return container.is_frozen.load(); }, directory_)) misjudged++;
    });
    std::vector<std::thread> sweepers;
    for (int i = 0; i < 3; i++)
        sweepers.emplace_back([&] {
            for (int round = 0; round < 300; round++) {
                FreezeMark mark(4711, directory_);
                container.is_frozen = true;
                EXPECT_TRUE(container.end(mark));
            }
        });
    for (auto& one : sweepers) one.join();
    is_over = true;
    asks.join();
    EXPECT_EQ(misjudged, 0u);
    EXPECT_FALSE(container.is_frozen);
    EXPECT_TRUE(left_frozen(directory_).empty());
}

}  // namespace
}  // namespace quell::response
