// SPDX-License-Identifier: Apache-2.0
// At each bound of what is judged and one beyond it: up to it everything is
// judged right, beyond it is counted and said, and the rest goes on.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include "vm-tests/harness/quelld.h"
#include "vm-tests/races/jail.h"

namespace quell::guest {
namespace {

constexpr int kDepth = 16, kNested = 8, kPlaces = 16;  // kern/types.h: HOME_DEPTH_MAX, HITS_MAX, ALIASES_MAX
const std::string kVolume = "/srv/beyond";

// PREFIX/1/2/...
std::string levels(const std::string& prefix, int count) {
    std::string path = prefix;
    for (int i = 1; i <= count; i++) path += "/" + std::to_string(i);
    return path;
}

class Beyond : public testing::Test {
protected:
    void SetUp() override {
        expect_nothing_lost();
        must("mkdir -p " + levels(kVolume, kNested + 1) + " && mkdir -p " + kVolume + "/a " + kVolume + "/b " + kVolume + "/c");
        for (const char* file : {"/f", "/g"}) write(kVolume + file, "line\n");
    }
    void TearDown() override {
        must("rm -r " + kVolume);
        reject_all();
    }
};

TEST_F(Beyond, AMountpointSixteenDeepIsKnownAndOneDeeperIsCounted) {
    const std::string last = levels("var/log", kDepth - 2), below = levels("var/log", kDepth - 1);
    const auto matches_before = matches(), lost = counter("home-overflow");
    const auto names = [] { return must("bpftool -j map dump pinned /sys/fs/bpf/quell/maps/home_names | jq length"); };
    const auto names_before = names();
    {
        Jail jail("sixteen", [&] { return bind_in(kVolume + "/a", last); });
        expect_matched(jail.run({"act", "unlink", "/" + last + "/x"}), 1, "16 deep");
        expect_told_of(jail, matches_before);
    }
    expect_nothing_lost();
    {
        Jail jail("seventeen", [&] { return bind_in(kVolume + "/a", below) && bind_in(kVolume + "/b", "var/log/near"); });
        expect_matched(jail.run({"act", "unlink", "/" + below + "/x"}), 0, "17 deep");
        expect_matched(jail.run({"act", "unlink", "/" + below + ".x"}), 1, "beside it");
        expect_matched(jail.run({"act", "unlink", "/var/log/near/x"}), 1, "another mount of the same superblock");
    }
    EXPECT_TRUE(eventually([&] { return names() == names_before; })) << "of a mount that is not known no names stay: " << names();
    EXPECT_EQ(counter("home-overflow"), lost + 1);
    expect_loud("did not fit a bound");
    expect_nothing_lost({"home-overflow"});
}

TEST_F(Beyond, BindsNestedEightDeepAreJudgedAndNineDeepIsCounted) {
    const auto matches_before = matches();
    // the outermost is in the watched tree, each further one elsewhere
    Jail jail("nested", [] {
        bool done = bind_in(levels(kVolume, 1), "var/log/nest");
        for (int i = 2; i <= kNested + 1; i++) done = done && bind_in(levels(kVolume, i), "mnt/" + std::to_string(i));
        return done;
    });
    expect_matched(jail.run({"act", "unlink", "/mnt/8/x"}), 1, "8 deep");
    expect_told_of(jail, matches_before);
    expect_nothing_lost();
    expect_matched(jail.run({"act", "unlink", "/mnt/9/x"}), 0, "9 deep");
    expect_matched(jail.run({"act", "unlink", "/mnt/7/x"}), 1, "above it");
    EXPECT_GE(counter("walk-overflow"), 1);
    expect_loud("more mounts than a walk judges");
    expect_nothing_lost({"walk-overflow"});
}

TEST_F(Beyond, SixteenPlacesOfOneDirectoryAndFileAreJudgedAndTheSeventeenthIsCounted) {
    const auto matches_before = matches(), lost = counter("home-overflow");
    const auto places = [](const std::string& what, const std::string& where, int count) {
        bool done = true;
        for (int i = 0; i < count; i++) done = done && bind_in(kVolume + "/" + what, where + what + std::to_string(i));
        return done;
    };
    Jail jail("places", [&] {
        return places("a", "mnt/", kPlaces - 1) && bind_in(kVolume + "/a", "var/log/a") && places("b", "var/log/", kPlaces + 1) &&
               places("c", "mnt/", kPlaces) && bind_in(kVolume + "/c", "var/log/c") && places("f", "mnt/", kPlaces - 1) &&
               bind_in(kVolume + "/f", "var/log/f") && places("g", "var/log/", kPlaces + 1);
    });
    for (const char* seen : {"/mnt/a0/x", "/mnt/a14/x", "/var/log/a/x"}) expect_matched(jail.run({"act", "unlink", seen}), 1, seen);
    expect_told_of(jail, matches_before);
    for (const char* seen : {"/mnt/f0", "/mnt/f14", "/var/log/f"}) expect_matched(jail.run({"act", "truncate", seen}), 1, seen);
    // of 17 in the watched tree at least 16 are known
    expect_matched(jail.run({"act", "unlink", "/var/log/b0/x"}), 1, "a directory at 17 watched places");
    expect_matched(jail.run({"act", "truncate", "/var/log/g16"}), 1, "a file at 17 watched places");
    // which of 17 is the one too many depends on the order in which the kernel keeps them
    EXPECT_LE(jail.run({"act", "unlink", "/mnt/c0/x"})["matched"], 1);
    EXPECT_EQ(counter("home-overflow"), lost + 3);
    expect_loud("did not fit a bound");
    expect_nothing_lost({"home-overflow"});
}

// On the host the root is one of the mounts that are passed.
TEST_F(Beyond, TheHostsBindsNestedSevenDeepAreJudgedAndEightDeepIsCounted) {
    const auto matches_before = matches();
    ASSERT_TRUE(bind_in(levels(kVolume, 1), "/var/log/nest"));
    for (int i = 2; i <= kNested; i++) ASSERT_TRUE(bind_in(levels(kVolume, i), "/mnt/nest/" + std::to_string(i)));
    expect_matched(race({"act", "unlink", "/mnt/nest/7/x"}), 1, "7 deep");
    expect_told(wait_for([](const Json& one) { return one["subject"] == "host"; }), matches_before, "7 deep");
    expect_nothing_lost();
    expect_matched(race({"act", "unlink", "/mnt/nest/8/x"}), 0, "8 deep");
    EXPECT_GE(counter("walk-overflow"), 1);
    expect_loud("more mounts than a walk judges");
    must("umount /var/log/nest /mnt/nest/* && rm -r /var/log/nest /mnt/nest");
    expect_matched(race({"act", "unlink", "/var/log/x"}), 1, "after it");
    expect_nothing_lost({"walk-overflow"});
}

// 32 of the host's mounts of a superblock are known by heart, more are searched for.
TEST_F(Beyond, AFileBoundAtManyPlacesOfTheHostAndADirectoryAtTheEndOfAWalk) {
    const auto matches_before = matches();
    must("mkdir -p /mnt/files");
    const auto places = [](int from, int to) {
        for (int i = from; i < to; i++) ASSERT_TRUE(bind_in(kVolume + "/f", "/mnt/files/" + std::to_string(i)));
    };
    places(0, 20);
    ASSERT_TRUE(bind_in(kVolume + "/f", "/var/log/f.log"));
    expect_matched(race({"act", "truncate", "/mnt/files/0"}), 1, "of 21");
    expect_told(wait_for([](const Json& one) { return one["operation"] == "truncate" && one["subject"] == "host"; }), matches_before, "of 21");
    expect_matched(race({"act", "truncate", kVolume + "/g"}), 0, "another file of that directory");
    places(20, 60);
    expect_matched(race({"act", "truncate", "/mnt/files/59"}), 1, "of 61");
    expect_matched(race({"act", "truncate", kVolume + "/f"}), 1, "by its own name");
    expect_matched(race({"act", "truncate", kVolume + "/g"}), 0, "another file of that directory");
    expect_matched(race({"deep", "/var/log", "125", "1"}), 1, "127 components from the root");
    expect_nothing_lost();
    // the longest walk there is: judged, or counted; not taken for another place
    must("rm -r /var/log/d");
    const auto lost = counter("walk-overflow");
    const auto longest = race({"deep", "/var/log", "126", "1"});
    EXPECT_EQ(longest["failed"], 0);
    EXPECT_TRUE(longest["matched"] == 1 || counter("walk-overflow") > lost) << longest << ": missed in silence";
    must("umount /mnt/files/* /var/log/f.log && rm -r /mnt/files /var/log/f.log /var/log/d");
    expect_nothing_lost({"walk-overflow"});
}

}  // namespace
}  // namespace quell::guest
