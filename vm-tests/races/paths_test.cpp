// SPDX-License-Identifier: Apache-2.0
// What is watched changes under whoever acts: directories are renamed in and
// out, mounts come and go, numbers and addresses of directories come back.
#include <gtest/gtest.h>

#include "vm-tests/harness/losses.h"
#include "vm-tests/races/jail.h"

namespace quell::guest {
namespace {

class Paths : public testing::Test {
protected:
    void TearDown() override {
        expect_nothing_lost();
        reject_all();
    }

    // Every operation with one right answer got it, and there were enough of both kinds.
    static void expect_right(const Json& tally, unsigned changes, unsigned enough) {
        EXPECT_GE(tally["changes"], changes) << tally;
        for (const char* wrong : {"missed", "false_alarms", "odd", "failed"}) EXPECT_EQ(tally[wrong], 0) << tally;
        EXPECT_GE(tally["in"], enough) << tally;
        EXPECT_GE(tally["out"], enough) << tally;
        RecordProperty("tally", tally.dump());
        std::printf("%s\n", tally.dump().c_str());
    }
};

TEST_F(Paths, TenThousandDirectoryRenamesOnTheHost) {
    expect_right(race({"renames", "/var/log/moved", "/srv/moved", "10000"}), 10'000, 500);
    must("rm -rf /var/log/moved /srv/moved");
}

TEST_F(Paths, TenThousandDirectoryRenamesInAContainer) {
    Jail jail("renames");
    expect_right(jail.run({"renames", "/var/log/moved", "/tmp/moved", "10000"}), 10'000, 500);
}

struct Moving {
    const char* name;
    const char* way;
    const char* inside;
};

class Operations : public Paths, public testing::WithParamInterface<Moving> {};

TEST_P(Operations, UnderDirectoryRenamesInAContainer) {
    const auto matches_before = matches();
    Jail jail("operations");
    must("mkdir -p " + jail.upper() + "/etc/sudoers.d");
    expect_right(jail.run({"renames", GetParam().inside, "/tmp/moved", "1000", GetParam().way}), 1000, 30);
    expect_told_of(jail, matches_before);
}

INSTANTIATE_TEST_SUITE_P(Paths, Operations,
                         testing::Values(Moving{"Open", "open", "/etc/sudoers.d/moved"}, Moving{"Truncate", "truncate", "/var/log/moved"},
                                         Moving{"Rename", "rename", "/var/log/moved"}),
                         [](const auto& one) { return std::string(one.param.name); });

// A file's name is read more than once in one open, and what was found is remembered.
TEST_F(Paths, AFileThatIsRenamedIsJudgedByTheNameItHas) {
    const auto matches_before = matches();
    Jail jail("named");
    must("mkdir -p " + jail.upper() + "/etc");
    expect_right(jail.run({"names", "/etc/shadow", "/etc/other", "10000"}), 10'000, 500);
    expect_told_of(jail, matches_before);
}

TEST_F(Paths, AThousandMountChanges) {
    expect_right(race({"mounts", "/srv/bound", "/var/log/bound", "1000"}), 1000, 200);
}

// What a container mounts itself changes nothing: only its home counts.
TEST_F(Paths, MountsOfAContainerDoNotMoveItsPaths) {
    Jail jail("mounts");
    const auto tally = jail.run({"mounts", "/tmp/bound", "/var/log/bound", "300"});
    EXPECT_EQ(tally["changes"], 300) << tally;
    EXPECT_EQ(tally["missed"], tally["in"]) << tally;  // silent whether bound or not
    EXPECT_EQ(tally["false_alarms"], 0) << tally;
}

TEST_F(Paths, ADirectoryOfTheSameNumberAndAddressIsAnother) {
    Jail jail("reuse");
    const auto tally = jail.run({"reuse", "/var/log", "/tmp", "500"});
    EXPECT_EQ(tally["in"], 500) << tally;
    for (const char* wrong : {"missed", "false_alarms", "failed"}) EXPECT_EQ(tally[wrong], 0) << tally;
}

// Also when it was looked at once more between its removal and its end.
TEST_F(Paths, ADirectoryOfTheNumberAndAddressOfOneThatWasHeldIsAnother) {
    Jail jail("held");
    const auto tally = jail.run({"reuse", "/var/log", "/tmp", "60", "held"});
    EXPECT_EQ(tally["in"], 60) << tally;
    for (const char* wrong : {"missed", "false_alarms", "failed"}) EXPECT_EQ(tally[wrong], 0) << tally;
}

// The kernel moves a directory by itself when the filesystem finds it under another name.
TEST_F(Paths, ADirectoryThatALookUpMoves) {
    Jail jail("splice", [] { return bind_in("/srv/jails/splice/upper", "upper"); });
    const auto tally = jail.run({"splice", "/upper"});
    EXPECT_EQ(tally["changes"], 1) << "the look-up moved nothing: " << tally;
    for (const char* wrong : {"missed", "false_alarms", "failed"}) EXPECT_EQ(tally[wrong], 0) << tally;
}

TEST_F(Paths, ADirectoryByItsHandle) {
    allow_counter("walk-outside");  // until it is looked up it is below nothing
    const auto tally = race({"by-handle", "/var/log", "/srv"});
    EXPECT_EQ(tally["in"], 2) << tally;
    EXPECT_EQ(tally["out"], 6) << tally;
    for (const char* wrong : {"missed", "false_alarms", "failed"}) EXPECT_EQ(tally[wrong], 0) << tally;
    must("rm -r /srv/handle");
}

// The cache of directories has 32,768 places.
TEST_F(Paths, MoreDirectoriesThanAreCached) {
    must("mkdir -p /srv/wide && mount -t tmpfs -o nr_inodes=100k tmpfs /srv/wide && mkdir /srv/wide/in /srv/wide/out");
    {
        Jail jail("wide", [] { return bind_in("/srv/wide/in", "var/log/wide") && bind_in("/srv/wide/out", "tmp/wide"); });
        const auto tally = jail.run({"directories", "/var/log/wide", "/tmp/wide", "17000"});
        EXPECT_EQ(tally["in"], 17'000 + 17'000 / 8) << tally;
        for (const char* wrong : {"missed", "false_alarms", "failed"}) EXPECT_EQ(tally[wrong], 0) << tally;
    }
    must("umount /srv/wide");
}

// Each was looked at where it was, so that what is known of it is cached.
TEST(Moved, WhatIsMountedBelowAMovedDirectory) {
    must("mkdir -p /srv/way/m && mount -t tmpfs tmpfs /srv/way/m && mkdir /srv/way/m/d && touch /srv/way/m/d/x /srv/way/m/d/y && rm /srv/way/m/d/y");
    must("mv /srv/way /var/log/way && rm /var/log/way/m/d/x");
    const auto found = wait_for([](const Json& one) { return one["operation"] == "delete" && one["subject"] == "host"; });
    EXPECT_TRUE(found);
    EXPECT_EQ(found.value_or(Json{{"file", {{"path", ""}}}})["file"]["path"], "/var/log/way/m/d/x");
    must("umount /var/log/way/m && rmdir /var/log/way/m /var/log/way");
    reject_all();
}

TEST(Moved, ADirectoryThatIsExchangedForAFile) {
    must("mkdir -p /srv/swap && touch /srv/swap/x /srv/swap/y /var/log/swap && rm /srv/swap/y");
    must("/w/attack exchange /var/log/swap /srv/swap");
    reject_all();
    must("rm /var/log/swap/x");
    EXPECT_TRUE(wait_for([](const Json& one) { return one["operation"] == "delete" && one["subject"] == "host"; }));
    must("rm /srv/swap; rmdir /var/log/swap");
    reject_all();
}

}  // namespace
}  // namespace quell::guest
