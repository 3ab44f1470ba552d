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

}  // namespace
}  // namespace quell::guest
