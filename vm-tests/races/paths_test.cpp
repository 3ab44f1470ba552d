// SPDX-License-Identifier: Apache-2.0
// What is watched changes under whoever acts: directories are renamed in and
// out, mounts come and go, numbers and addresses of directories come back.
#include <gtest/gtest.h>

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
        EXPECT_EQ(tally["changes"], changes) << tally;
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
