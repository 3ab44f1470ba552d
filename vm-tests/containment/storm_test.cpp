// SPDX-License-Identifier: Apache-2.0
// kill-container while everything in it moves: fork bombs, nested and frozen
// cgroups, whoever enters it or is moved out of it in that moment.
#include <gtest/gtest.h>

#include "vm-tests/containment/tricked.h"

namespace quell::guest {
namespace {

class Storm : public testing::Test {
protected:
    void SetUp() override {
        must("rm -f /tmp/enough /tmp/over && setsid sleep 7793 </dev/null >/dev/null 2>&1 &");
        start_tricked(neighbour_);
        neighbour_.begin("exec sleep 7794");
    }
    void TearDown() override {
        must("touch /tmp/enough");
        end_tricks();
        reject_all();
    }

    static void play(const std::string& way, std::size_t processes) {
        must("crun --cgroup-manager=cgroupfs exec -d storm /bin/tricks " + way + " </dev/null >/dev/null 2>&1");
        EXPECT_TRUE(eventually([&] { return tricksters().size() >= processes; })) << way << ": " << told(tricksters());
    }
    [[nodiscard]] std::string cgroup() const { return "/sys/fs/cgroup" + victim_.cgroup(); }
    // Done, with its rows; the neighbour and the host's process live.
    void kill() {
        const auto output = run("quell --json respond kill-container --container storm --yes --reason told 2>/dev/null");
        EXPECT_EQ(output.status, 0) << output.text;
        const auto reply = Json::parse(output.text, nullptr, false);
        ASSERT_TRUE(reply.is_object() && reply.contains("incident")) << output.text;
        const std::string id = reply["incident"]["id"];
        EXPECT_EQ(reply["incident"]["state"], "done") << reply;
        EXPECT_EQ(actions_of(id), (std::vector<std::string>{"requested", "approved", "flipped", "done"}));
        EXPECT_EQ(run("pgrep -fxc 'sleep 779[34]'").text, "2\n") << "who had nothing to do with it";
        EXPECT_TRUE(neighbour_.running());
    }
    void expect_nobody() const {
        const auto left = tricksters();
        EXPECT_TRUE(left.empty()) << told(left) << "\n" << run("ps axf").text;
        EXPECT_NE(run("grep -q 'populated 1' " + cgroup() + "/cgroup.events").status, 0);
    }
    void bombs(int rounds) {
        for (int round = 0; round < rounds && !HasFailure(); round++) {
            SCOPED_TRACE("round " + std::to_string(round));
            start_tricked(victim_);
            play("bomb", 40);
            kill();
            expect_nobody();
        }
    }

    static ContainerOptions of_the_hosts_processes() {
        auto options = tricked_options();
        options.host_pid = true;  // nobody dies with the init
        return options;
    }
    Container victim_{"storm", of_the_hosts_processes()}, neighbour_{"calm", tricked_options()};
};

TEST_F(Storm, ThreeForkBombsHaveNoSurvivor) { bombs(3); }

TEST_F(Storm, FiftyForkBombsHaveNoSurvivor) { bombs(50); }

TEST_F(Storm, ReachesNestedCgroupsAndAFrozenOne) {
    start_tricked(victim_);
    play("waits", 2);
    play("waits", 4);
    const auto all = tricksters();
    make_cgroup(cgroup() + "/own/deeper");
    for (std::size_t i = 0; i < all.size(); i++) move_to(cgroup() + (i % 2 ? "/own/deeper" : "/own"), all[i]);
    play("waits", 6);
    freeze(cgroup() + "/own/deeper");
    kill();
    expect_nobody();
}

TEST_F(Storm, ReachesABombThatSomebodyElseHasFrozen) {
    start_tricked(victim_);
    play("bomb", 40);
    freeze(cgroup());
    kill();
    expect_nobody();
}

TEST_F(Storm, WhoEntersItInThatMomentDiesToo) {
    start_tricked(victim_);
    must("(while [ ! -e /tmp/enough ]; do crun --cgroup-manager=cgroupfs exec -d storm /bin/tricks waits; done; : >/tmp/over) </dev/null >/dev/null 2>&1 &");
    EXPECT_TRUE(eventually([] { return tricksters().size() >= 4; })) << told(tricksters());
    kill();
    must("touch /tmp/enough");
    EXPECT_TRUE(eventually([] { return run("test -e /tmp/over").status == 0; }));
    // who was on the way in is refused its first exec, or finds no container
    EXPECT_TRUE(eventually([] { return tricksters().empty(); })) << told(tricksters()) << "\n" << run("ps axf").text;
    EXPECT_FALSE(victim_.running());
}

// There and back all the time: some are met in the cgroup, some elsewhere, some on the way.
TEST_F(Storm, WhoIsMovedOutInThatMomentDiesAndNobodyElse) {
    const std::string elsewhere = std::string(kElsewhere) + "/cgroup.procs";
    make_cgroup(kElsewhere);
    must("setsid sleep 7795 </dev/null >/dev/null 2>&1 & echo $! >" + elsewhere);
    for (int round = 0; round < 5 && !HasFailure(); round++) {
        SCOPED_TRACE("round " + std::to_string(round));
        start_tricked(victim_);
        play("waits", 2);
        play("new-session", 6);
        must("setsid /w/tricks move " + cgroup() + " " + kElsewhere + " </dev/null >/dev/null 2>&1 &");
        EXPECT_TRUE(eventually([&] { return run("[ $(grep -c . " + elsewhere + ") -gt 1 ]").status == 0; }));
        kill();
        (void)run("pkill -9 -x mover");
        expect_nobody();
        EXPECT_TRUE(eventually([&] { return run("grep -c . " + elsewhere).text == "1\n"; })) << run("ps axf").text;
        EXPECT_EQ(run("pgrep -fxc 'sleep 7795'").text, "1\n") << "who was there before";
    }
}

}  // namespace
}  // namespace quell::guest
