// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/content_search.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/base/temp_dir.h"
#include "user/base/sha256.h"

namespace quell::daemon {
namespace {

namespace fs = std::filesystem;

const std::string kText = "#!/bin/sh\nexfiltrate\n", kOther = "#!/bin/sh\nexfiltrat3\n";  // of one size
constexpr const char* kMounts = "21 1 0:40 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w\n";

class Search : public testing::Test {
protected:
    Search() : root_(::open(dir_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
    void put(const std::string& path, const std::string& text) {
        fs::create_directories(fs::path(dir_ / path).parent_path());
        std::ofstream(dir_ / path) << text;
    }
    [[nodiscard]] SearchPlace place() const { return {root_.get(), &mounts_, -1}; }
    static Content wanted() { return {kText.size(), sha256_hex(kText)}; }
    [[nodiscard]] std::vector<std::string> everywhere(ContentSearch& search) const {
        std::vector<FoundFile> found;
        search.look_everywhere(place(), wanted(), nullptr, found);
        std::vector<std::string> paths;
        for (const auto& one : found) paths.push_back(one.path);
        std::ranges::sort(paths);
        return paths;
    }
    [[nodiscard]] bool is_at(const std::string& path) const {
        ContentSearch search;
        std::vector<FoundFile> found;
        search.look_at(place(), path, wanted(), nullptr, found);
        return found.size() == 1 && found[0].path == path && found[0].file.valid();
    }
    int error_of(const std::string& path) const {
        ContentSearch search;
        const auto file = search.open(place(), path);
        return file ? 0 : file.error().code;
    }

    TempDir dir_;
    const Fd root_;
    MountTable mounts_ = MountTable::parse(kMounts);
};

TEST_F(Search, TheSamePathAndTheSameContent) {
    put("tmp/x", kText);
    put("tmp/y", kOther);
    put("tmp/z", kText + "\n");
    EXPECT_TRUE(is_at("/tmp/x"));
    for (const char* path : {"/tmp/y", "/tmp/z", "/tmp/none", "/tmp", "tmp/x", "", "/tmp/x/"}) EXPECT_FALSE(is_at(path)) << path;
    ContentSearch search;
    const auto file = search.open(place(), "/tmp/x");
    ASSERT_TRUE(file);
    const auto content = search.content_of(file->get());
    ASSERT_TRUE(content);
    EXPECT_EQ(content->size, kText.size());
    EXPECT_EQ(content->sha256, sha256_hex(kText));
}

TEST_F(Search, NothingButRegularFilesIsOpenedAndNoLinkIsFollowed) {
    put("tmp/x", kText);
    put("outside", kText);
    ASSERT_EQ(::mkfifo((dir_ / "tmp/fifo").c_str(), 0600), 0);  // would wait for a writer
    ASSERT_EQ(::symlink("x", (dir_ / "tmp/link").c_str()), 0);
    ASSERT_EQ(::symlink("tmp", (dir_ / "way").c_str()), 0);
    ASSERT_EQ(::symlink("/proc/self/root", (dir_ / "magic").c_str()), 0);
    EXPECT_EQ(error_of("/tmp/fifo"), EINVAL);
    EXPECT_EQ(error_of("/tmp"), EINVAL);
    EXPECT_EQ(error_of("/tmp/link"), EINVAL) << "itself, and it is no regular file";
    EXPECT_EQ(error_of("/way/x"), ELOOP);
    EXPECT_EQ(error_of("/magic/etc/passwd"), ELOOP);
    EXPECT_EQ(error_of("/../../../../../../../../etc/passwd"), ENOENT) << "no way out of the root";
    EXPECT_EQ(error_of(std::string("/tmp/x\0y", 8)), EINVAL);
    EXPECT_EQ(error_of("/" + std::string(5000, 'a')), EINVAL);
    ContentSearch search;
    EXPECT_EQ(everywhere(search), (std::vector<std::string>{"/outside", "/tmp/x"})) << "each once";
    EXPECT_EQ(search.ended(), "");
}

TEST_F(Search, WhatIsNotLocalIsNotTouched) {
    put("srv/x", kText);
    put("srv/deep/x", kText);
    put("srvx/x", kText);
    mounts_ = MountTable::parse(std::string(kMounts) + "22 21 0:50 / /srv rw - fuse.sshfs x rw\n23 22 0:51 / /srv/deep rw - tmpfs tmpfs rw\n");
    EXPECT_EQ(error_of("/srv/x"), EXDEV);
    EXPECT_EQ(error_of("/srv/deep/x"), EXDEV) << "the way to it leads through the other";
    EXPECT_EQ(error_of("/srvx/x"), 0);
    mounts_ = MountTable::parse("");
    EXPECT_EQ(error_of("/srvx/x"), EXDEV) << "of nothing is it known where it lies";
    mounts_ = MountTable::parse(std::string(kMounts) + "nonsense\n");
    EXPECT_EQ(error_of("/srvx/x"), EXDEV) << "a mount that is not understood may be anything";
}

TEST_F(Search, WhatIsKnownToBeTheSameIsNotRead) {
    put("tmp/x", kOther);
    ContentSearch search({.bytes = 0});
    std::vector<FoundFile> found;
    search.look_at(place(), "/tmp/x", wanted(), [](int) { return true; }, found);
    EXPECT_EQ(found.size(), 1u);
    search.look_at(place(), "/tmp/x", wanted(), [](int) { return false; }, found);
    EXPECT_EQ(found.size(), 1u);
    EXPECT_NE(search.ended(), "");
}

TEST_F(Search, EachBoundEndsItAndIsSaid) {
    for (int i = 0; i < 20; i++) put("d" + std::to_string(i) + "/x", kText);
    const auto ends = [&](const SearchLimits& limits, const std::string& why, std::size_t most) {
        ContentSearch search(limits);
        EXPECT_LE(everywhere(search).size(), most) << why;
        EXPECT_NE(search.ended().find(why), std::string::npos) << search.ended();
    };
    ends({.names = 7}, "7 names", 7);
    ends({.bytes = 3 * kText.size()}, "MiB", 3);
    ends({.found = 5}, "more than 5", 5);
    ends({.time_ns = 0}, "longer than", 0);
    std::string deep;
    for (int i = 0; i < 70; i++) deep += "n/";
    put(deep + "x", kText);
    ContentSearch search;
    EXPECT_EQ(everywhere(search).size(), 20u);
    EXPECT_NE(search.ended().find("nested deeper"), std::string::npos) << search.ended();
    ContentSearch longer({.bytes = 4});
    put("long", kText);
    const auto file = longer.open(place(), "/long");
    ASSERT_TRUE(file);
    EXPECT_EQ(longer.content_of(file->get()).error().code, EFBIG);
}

TEST(UpperOfRoot, IsTheLastOneThatIsMountedThere) {
    EXPECT_EQ(upper_of_root(kMounts), "/u");
    EXPECT_EQ(upper_of_root(std::string(kMounts) + "30 21 0:60 / / rw shared:1 master:2 - overlay overlay rw,lowerdir=/a:/b,upperdir=/with\\040space,workdir=/w,index=off\n"), "/with space");
    EXPECT_EQ(upper_of_root(std::string(kMounts) + "30 21 0:60 / / rw - ext4 /dev/sda rw,upperdir=/x\n"), "") << "no overlay";
    EXPECT_EQ(upper_of_root("30 21 0:60 / /mnt rw - overlay overlay rw,upperdir=/x\n"), "") << "not its root";
    EXPECT_EQ(upper_of_root("30 21 0:60 / / rw - overlay overlay rw,lowerdir=/x\n"), "") << "read only";
    EXPECT_EQ(upper_of_root("30 21 0:60 / / rw - overlay overlay rw,upperdir=l/diff\n"), "") << "relative to nobody knows what";
    for (const char* text : {"", "\n", "x", " - ", "1 2 3 4 / rw - overlay", "1 2 3 4 / - overlay overlay upperdir=\\04"}) EXPECT_EQ(upper_of_root(text), "") << text;
}

}  // namespace
}  // namespace quell::daemon
