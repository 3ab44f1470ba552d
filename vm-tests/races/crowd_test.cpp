// SPDX-License-Identifier: Apache-2.0
// Thousands of mounts: filters that are full cost time and change no answer;
// mounts that come and go beside a container's start and beside its openers.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "vm-tests/races/crowd.h"
#include "vm-tests/races/jail.h"
#include "vm-tests/races/racer/globals.h"

namespace quell::guest {
namespace {

class Mounts : public testing::Test {
protected:
    void TearDown() override { reject_all(); }
    // What is said of homes that are not known in full.
    static std::int64_t lost_of_homes() {
        std::int64_t sum = 0;
        const auto status = quell("status")["status"];
        for (const auto& one : status["counters"])
            if (one["name"] == "home-overflow" || one["name"] == "home-full" || one["name"] == "home-unsettled") sum += one["value"].get<std::int64_t>();
        return sum;
    }
};

// Their inodes fill the filter of their superblock, and set some bits of the others' in the filter of all files.
TEST_F(Mounts, AThousandSingleFilesOfAContainerAreTheWatchedOnesAndNoOthers) {
    constexpr int kFiles = 1000;
    const std::string count = std::to_string(kFiles);
    const Crowd crowd("/srv/crowd", Of::kFiles, kFiles);
    const auto matches_before = matches();
    {
        Jail jail("files", [&] { return bind_in(crowd.places(), "var/log/many") && bind_in(crowd.sources(), "tmp/many"); });
        expect_matched(jail.run({"act", "truncate", "/tmp/many/", count}), kFiles, "by another name of each");
        expect_matched(jail.run({"act", "truncate", "/tmp/many/spare", count}), 0, "files beside them");
        expect_told_of(jail, matches_before);
    }
    // on the host they are at no watched place; the files beside them are
    expect_matched(race({"act", "truncate", crowd.sources() + "/", count}), 0, "on the host");
    expect_nothing_lost();
}

TEST_F(Mounts, FourThousandOfTheHostWhileOneMoreComesAndGoes) {
    const Crowd crowd("/srv/crowd", Of::kDirectories, 1000);
    must("cd /srv/crowd && mkdir 1 2 3 && for i in 1 2 3; do mount --rbind " + crowd.places() + " $i || exit; done");
    ASSERT_GE(std::stoi(must("grep -c /srv/crowd/ /proc/self/mounts")), 4000);
    const auto tally = race({"mounts", "/srv/crowd/2/7", "/var/log/bound", "40", "100000"});
    std::printf("%s\n", tally.dump().c_str());
    EXPECT_EQ(tally["changes"], 40) << tally;
    for (const char* wrong : {"missed", "false_alarms", "odd", "failed"}) EXPECT_EQ(tally[wrong], 0) << tally;
    EXPECT_GE(tally["in"], 20) << tally;
    EXPECT_GE(tally["out"], 20) << tally;
    expect_nothing_lost();
}

// The host's mounts are no container's: not one of its opens is missed, whenever it is.
TEST_F(Mounts, OpenersInAContainerWhileTheHostsMountsComeAndGo) {
    const races::Globals globals(races::open_pin("/sys/fs/bpf/quell/maps/globals"));
    Jail jail("openers");
    must("mkdir -p /srv/churn/from /srv/churn/to");
    const auto before = globals.matched(QUELL_HOOK_file_open);
    auto openers = jail.start({"flood", "/etc/shadow", "2", "50000"});
    int changes = 0;
    while (globals.matched(QUELL_HOOK_file_open) - before < 49'000 && changes < 100'000)
        changes += bind_to("/srv/churn/from", "/srv/churn/to") && !umount2("/srv/churn/to", MNT_DETACH);
    EXPECT_EQ(openers.result()["failed"], 0);
    std::printf("%d changes\n", changes);
    EXPECT_GE(changes, 100);
    EXPECT_EQ(globals.matched(QUELL_HOOK_file_open) - before, 50'000u);
    EXPECT_TRUE(wait_for([&](const Json& one) { return is_of(one, jail) && one["count"] == 50'000; }));
    must("rm -r /srv/churn");
    expect_nothing_lost();
}

// What a hook of a runtime may do: mount and unmount in the namespace, also in the moment in which the home is recorded.
TEST_F(Mounts, ThatChangeWhileAContainersHomeIsRecordedLeaveItRightOrLoud) {
    constexpr int kStarts = 4;
    const Crowd crowd("/srv/crowd", Of::kDirectories, 300);  // what takes some time to record
    must("mkdir -p /srv/settled");
    const auto retried = counter("home-retried");
    int starts = 0, right = 0, loud = 0;
    for (; starts < kStarts; starts++) {
        bool first = true;
        const auto matches_before = matches(), lost = lost_of_homes();
        Jail jail("recorded", [&] {
            if (!bind_in(crowd.places(), "mnt/many") || !bind_in("/srv/settled", "var/log/settled") || !bind_in(crowd.sources(), "mnt/more")) return false;
            // its name changes a moment before the recording
            const int name_of_init = open(("/proc/" + std::to_string(getpid()) + "/comm").c_str(), O_RDONLY | O_CLOEXEC);
            if (!first || fork()) return true;
            char comm[6] = {};
            while (std::string(comm) != "racer" && pread(name_of_init, comm, 5, 0) >= 0) {}
            // an unmount would wait for the hook's end
            for (int n = 0; n < 300; n++)
                for (const char* name : {"mnt/more/", "mnt/more/spare"}) (void)bind_to(name + std::to_string(n), name + std::to_string(n));
            return pause() == 0;  // ends with the container
        });
        first = false;
        const auto here = jail.run({"act", "unlink", "/var/log/x"}), bound = jail.run({"act", "unlink", "/var/log/settled/x"});
        expect_matched(jail.run({"act", "unlink", "/mnt/many/7/x"}), 0, "not watched");
        if (here["matched"] == 1 && bound["matched"] == 1) {
            right++;
            expect_told_of(jail, matches_before);
        } else {
            EXPECT_GT(lost_of_homes(), lost) << here << bound << ": missed in silence";
        }
        loud += lost_of_homes() > lost;
    }
    std::printf("%d of %d right, %d loud, %ld retried\n", right, starts, loud, static_cast<long>(counter("home-retried") - retried));
    must("rmdir /srv/settled");
    expect_nothing_lost({"home-overflow", "home-unsettled"});
}

}  // namespace
}  // namespace quell::guest
