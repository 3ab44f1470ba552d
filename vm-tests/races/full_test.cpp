// SPDX-License-Identifier: Apache-2.0
// Each map of the kernel side that holds containers, cgroups and mounts, full:
// what finds no room is counted and said, what was there before goes on, and
// when there is room again what comes is judged right.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "vm-tests/races/crowd.h"
#include "vm-tests/races/jail.h"

namespace quell::guest {
namespace {

constexpr int kContainers = 2048, kMembers = 8192, kHomes = 32'768, kSuperblocks = 8192, kOverlays = 2048;  // kern/maps.h

class Full : public testing::Test {
protected:
    void SetUp() override { expect_nothing_lost(); }
    void TearDown() override { reject_all(); }

    static Json unlink_in(const Jail& jail, const std::string& below = "") { return jail.start({"act", "unlink", "/var/log/x"}, below).result(); }
    static void expect_seen(const Jail& jail, const std::string& below = "") {
        const auto matches_before = matches();
        expect_matched(unlink_in(jail, below), 1, jail.id());
        expect_told_of(jail, matches_before);
    }
    static void expect_not_judged(const Jail& jail) {
        expect_matched(unlink_in(jail), 0, jail.id());
        for (const auto& one : incidents()) EXPECT_FALSE(is_of(one, jail)) << one;
    }
    static void expect_host_seen() { EXPECT_EQ(race({"act", "unlink", "/var/log/x"})["matched"], 1); }
};

// Cgroups that are made and removed with it.
class Cgroups {
public:
    template <typename Name>
    Cgroups(int count, Name name) {
        for (int i = 0; i < count; i++)
            if (mkdir(paths_.emplace_back(name(i)).c_str(), 0755)) {
                ADD_FAILURE() << paths_.back() << ": " << errno;
                return;
            }
    }
    ~Cgroups() {
        for (const auto& path : paths_) rmdir(path.c_str());
    }
    Cgroups(const Cgroups&) = delete;
    Cgroups& operator=(const Cgroups&) = delete;

private:
    std::vector<std::string> paths_;
};

TEST_F(Full, ContainersBeyondThemAreCountedAtEachActAndTheOthersGoOn) {
    const Jail before("before");
    {
        const Cgroups fill(kContainers, [](int) { return "/sys/fs/cgroup/kubepods.slice/crio-" + random_hex(64) + ".scope"; });
        const Jail beyond("beyond");
        const auto lost = counter("home-not-ready");
        expect_not_judged(beyond);
        EXPECT_GT(counter("home-not-ready"), lost);
        expect_loud("before their container's mounts were recorded");
        expect_seen(before);
        expect_host_seen();
    }
    expect_nothing_lost({"home-not-ready"});
    const Jail after("after");
    expect_seen(after);
    expect_nothing_lost();
}

TEST_F(Full, MembersBeyondThemAreFoundByTheirAncestors) {
    const Jail before("before");
    {
        const Cgroups fill(kMembers, [&](int i) { return before.cgroup() + "/" + std::to_string(i); });
        EXPECT_GE(counter("members-full"), 1);
        expect_loud("cgroups that found no room");
        expect_seen(before);
        reject_all();
        expect_seen(before, "/" + std::to_string(kMembers - 1));  // not among the known
        expect_host_seen();
        const Jail beyond("beyond");
        expect_seen(beyond);
    }
    expect_nothing_lost({"members-full"});
    const Jail after("after");
    expect_seen(after);
    expect_nothing_lost();
}

// Containers that all have the same thousands of mounts, two more of them than a map of `room` has place for.
void expect_those_beyond_counted(Of what, int mounts, int room, const std::function<void(const Jail& first, const Jail& last)>& look) {
    const Crowd crowd("/srv/crowd", what, mounts);
    std::vector<std::unique_ptr<Jail>> jails;
    for (int i = 0; i < room / mounts + 2; i++)
        jails.push_back(std::make_unique<Jail>("full" + std::to_string(i), [&] { return bind_in(crowd.places(), "mnt/many"); }));
    EXPECT_GE(counter("home-full"), 1);
    expect_loud("because a map was full");
    look(*jails.front(), *jails.back());
}

TEST_F(Full, HomesBeyondThemAreCountedAndTheOthersGoOn) {
    expect_those_beyond_counted(Of::kDirectories, 3900, kHomes, [](const Jail& first, const Jail& last) {
        expect_seen(first);
        expect_not_judged(last);
        expect_host_seen();
    });
    const Jail after("after");
    expect_seen(after);
    expect_nothing_lost({"home-full"});
}

TEST_F(Full, SuperblocksBeyondThemAreCountedAndTheOthersGoOn) {
    expect_those_beyond_counted(Of::kSuperblocks, 1000, kSuperblocks, [](const Jail& first, const Jail& last) {
        expect_seen(first);
        expect_not_judged(last);
        expect_host_seen();
    });
    const Jail after("after");
    expect_seen(after);
    expect_nothing_lost({"home-full"});
}

TEST_F(Full, SuperblocksWhoseBirthFindsNoRoomAreCountedAndJudgedRight) {
    must("mkdir -p /srv/late");
    {
        const auto lost = counter("home-full");
        const Crowd crowd("/srv/crowd", Of::kSuperblocks, kSuperblocks);
        EXPECT_GT(counter("home-full"), lost);
        must("mount -t tmpfs tmpfs /srv/late");
        const Jail jail("late", [] { return bind_in("/srv/late", "var/log"); });
        expect_seen(jail);
        expect_host_seen();
    }
    must("umount /srv/late");
    expect_nothing_lost({"home-full"});
}

TEST_F(Full, ContainersWhoseOverlayFindsNoRoomAreCountedAndJudgedRight) {
    {
        const auto lost = counter("home-full");
        const Crowd crowd("/srv/crowd", Of::kOverlays, kOverlays);
        const Jail jail("overlaid");
        EXPECT_GT(counter("home-full"), lost);
        expect_seen(jail);
        expect_host_seen();
    }
    expect_nothing_lost({"home-full"});
}

}  // namespace
}  // namespace quell::guest
