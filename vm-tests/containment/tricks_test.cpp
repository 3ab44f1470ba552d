// SPDX-License-Identifier: Apache-2.0
// kill-process, and what a process does so as not to be killed with its
// lineage. Reused numbers are vm-tests/approval/pid_reuse_test.cpp's.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "vm-tests/containment/tricked.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;

enum class Then { kNothing, kFreeze, kLeave, kLeaveAndFreeze, kTrace };

struct Trick {
    const char* name;
    const char* way;         // of tricks.c
    std::size_t processes;   // as many are waited for, at least
    Then then = Then::kNothing;  // what is done to them by somebody else
    bool is_asked_for = false;   // by `quell respond --pid`; otherwise an incident is approved
};

void PrintTo(const Trick& trick, std::ostream* out) { *out << trick.name; }

constexpr Trick kTricks[] = {
    {"Bomb", "bomb", 40},
    {"BombThatIsAskedFor", "bomb-of-living", 40, Then::kNothing, true},
    {"DoubleFork", "double-fork", 2},
    {"NewSession", "new-session", 4},
    {"Vfork", "vforks", 2},
    {"DeadGroupLeader", "leader-ends", 2},
    {"TracedAndStopped", "traces", 2},
    {"StoppedBySignal", "stops", 2},
    {"TracedBySomebodyElse", "waits", 2, Then::kTrace},
    {"Frozen", "waits", 2, Then::kFreeze},
    {"FrozenVfork", "vforks", 2, Then::kLeaveAndFreeze, true},
    {"LeftItsCgroup", "new-session", 4, Then::kLeave},
    {"LeftItsCgroupAndIsAskedFor", "waits", 2, Then::kLeave, true},
};

class TrickedKill : public testing::TestWithParam<Trick> {
protected:
    void SetUp() override {
        must("rm -f /tmp/status");
        start_tricked(victim_);
        // who must not be hit: of the same container, and of the host
        victim_.begin("exec sleep 7790");
        must("setsid sleep 7791 </dev/null >/dev/null 2>&1 &");
        before_ = matches();
    }
    void TearDown() override {
        end_tricks();
        reject_all();
    }

    void play() {
        const auto& trick = GetParam();
        // not through a shell, which would be the parent that is bound, too
        must(std::string("(crun --cgroup-manager=cgroupfs exec tricked /bin/tricks ") + trick.way + (trick.is_asked_for ? "" : " /var/log/dpkg.log") +
             "; echo $? >/tmp/status) </dev/null >/dev/null 2>&1 &");
        EXPECT_TRUE(eventually([&] { return tricksters().size() >= trick.processes; })) << told(tricksters());
        if (!trick.is_asked_for) id_ = pending_id("tricked", "delete");
    }
    void meddle() {
        const std::string own = "/sys/fs/cgroup" + victim_.cgroup() + "/own";
        const auto then = GetParam().then;
        const bool leaves = then == Then::kLeave || then == Then::kLeaveAndFreeze, freezes = then == Then::kFreeze || then == Then::kLeaveAndFreeze;
        const std::string cgroup = leaves ? kElsewhere : own;
        const auto all = tricksters();
        if (leaves || freezes) {
            make_cgroup(cgroup);
            for (const auto& one : all) move_to(cgroup, one);
        }
        if (freezes) freeze(cgroup);
        if (then != Then::kTrace) return;
        std::string pids;
        for (const auto& one : all) pids += " " + std::to_string(one.pid);
        must("setsid /w/tricks trace" + pids + " </dev/null >/dev/null 2>&1 &");
        EXPECT_TRUE(eventually([] { return std::ranges::all_of(tricksters(), [](const auto& one) { return one.state == 't'; }); })) << told(tricksters());
    }
    // Of whom all the others descend, or did.
    static int first() {
        const auto all = tricksters();
        for (const auto& one : all)
            if (std::ranges::none_of(all, [&](const auto& other) { return other.pid == one.parent; })) return one.pid;
        ADD_FAILURE() << told(all);
        return 0;
    }
    void kill() {
        if (!GetParam().is_asked_for) {
            expect_told(show(id_), before_, id_);
            const auto output = approve(id_, "kill-process");
            EXPECT_EQ(output.status, 0) << output.text;
            return;
        }
        const auto output = run("quell --json respond kill-process --pid " + std::to_string(first()) + " --yes --reason told 2>/dev/null");
        EXPECT_EQ(output.status, 0) << output.text;
        const auto reply = Json::parse(output.text, nullptr, false);
        ASSERT_TRUE(reply.is_object() && reply.contains("incident")) << output.text;
        id_ = reply["incident"]["id"];
    }

    Container victim_{"tricked", tricked_options()};
    std::string id_;
    std::int64_t before_ = 0;
};

TEST_P(TrickedKill, LeavesNobodyOfItAndHitsNobodyElse) {
    play();
    meddle();
    ASSERT_GE(tricksters().size(), GetParam().processes) << told(tricksters());
    kill();
    // not in a while: the sweep has its bound, and what it says is so
    const auto left = tricksters();
    EXPECT_TRUE(left.empty()) << told(left) << "\n" << run("ps axf").text;
    EXPECT_EQ(show(id_)["state"], "done");
    EXPECT_EQ(actions_of(id_), (GetParam().is_asked_for ? Actions{"requested", "approved", "flipped", "done"} : Actions{"detected", "approved", "flipped", "done"}));
    const auto rows = quell("history --incident " + id_)["rows"];
    ASSERT_FALSE(rows.empty());
    EXPECT_NE(rows[0]["result"].get<std::string>().find("the process and its descendants are gone"), std::string::npos) << rows[0];

    // by SIGKILL, as its parent saw it; who is traced is seen by its tracer first
    if (GetParam().then == Then::kTrace) (void)run("pkill -9 -x tracer");
    EXPECT_TRUE(eventually([] { return run("test -s /tmp/status").status == 0; }));
    EXPECT_EQ(run("cat /tmp/status").text, "137\n");
    EXPECT_EQ(run("pgrep -fxc 'sleep 779[01]'").text, "2\n") << "who had nothing to do with it";
    EXPECT_TRUE(victim_.running());
    EXPECT_TRUE(eventually([&] { return victim_.exec("true").status == 0; }));
    EXPECT_TRUE(tricksters().empty()) << told(tricksters());
}

INSTANTIATE_TEST_SUITE_P(Ways, TrickedKill, testing::ValuesIn(kTricks), [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace quell::guest
