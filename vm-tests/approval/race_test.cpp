// SPDX-License-Identifier: Apache-2.0
// Two things at once: one of them happened, the history says which, and the
// command said the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <future>
#include <list>
#include <thread>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr int kRounds = 5;

class Race : public testing::Test {
protected:
    void TearDown() override { reject_all(); }
    // A container with an incident that waits; what approves it.
    std::string prepare(Container& victim) {
        victim.start();
        victim.begin("sleep 1000");
        const auto before = matches();
        EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
        id_ = pending_id("race", "delete");
        expect_told(show(id_), before, "the removal");
        return "quell approve " + id_ + "@" + digest_of(id_, "kill-container") + " kill-container --reason race";
    }

    std::string id_;
};

TEST_F(Race, ApproveAgainstReject) {
    Container victim("race");
    for (int round = 0; round < kRounds; round++) {
        const auto command = prepare(victim);
        auto rejected = std::async(std::launch::async, [&] { return run("quell reject " + id_ + " --reason race").status; });
        const int approved = run(command).status;
        ASSERT_EQ(std::min(approved, rejected.get()), 0);
        const auto state = show(id_)["state"].get<std::string>();
        EXPECT_EQ(state, approved == 0 ? "done" : "rejected");
        const auto actions = actions_of(id_);
        EXPECT_EQ(std::ranges::count(actions, "approved"), approved == 0 ? 1 : 0);
        EXPECT_EQ(std::ranges::count(actions, "rejected"), approved == 0 ? 0 : 1);
        EXPECT_EQ(std::ranges::count(actions, "refused"), 1) << "who came second";
        EXPECT_EQ(eventually([&] { return !victim.running(); }, std::chrono::milliseconds(approved == 0 ? 5000 : 300)), approved == 0);
        if (approved == 0) {
            EXPECT_EQ(victim.ended(), 128 + SIGKILL);
        }
    }
}

TEST_F(Race, ApproveAgainstTheContainersEnd) {
    Container victim("race");
    for (int round = 0; round < kRounds; round++) {
        const auto command = prepare(victim);
        auto ended = std::async(std::launch::async, [&] { victim.destroy(); });
        std::this_thread::sleep_for(std::chrono::milliseconds(5 * round));
        const auto approved = run(command);
        ended.get();
        EXPECT_TRUE(approved.status == 0 || approved.status == 5) << approved.text;
        EXPECT_TRUE(eventually([&] {
            const auto state = show(id_)["state"];
            return state == "done" || state == "gone";
        })) << show(id_).dump(1);
        const auto actions = actions_of(id_);
        EXPECT_EQ(std::ranges::count(actions, "approved"), approved.status == 0 ? 1 : 0);
        EXPECT_EQ(std::ranges::count(actions, "done") + std::ranges::count(actions, "gone"), 1);
        EXPECT_EQ(victim.ended(), 128 + SIGKILL) << "by the runtime or by Quell";
    }
}

// Approvals from half a second before the deadline until shortly after it, of incidents side by side.
TEST_F(Race, ApproveAgainstExpire) {
    apply_pack("s/expires: 1h/expires: 10s/");
    struct Round {
        explicit Round(int late_ms) : late(late_ms), victim("race" + std::to_string(late_ms + 500)) {}
        std::chrono::milliseconds late;
        Container victim;
        std::string id, command;
        std::future<Output> output;
    };
    std::list<Round> rounds;
    for (const int late_ms : {-500, -150, 0, 300}) {
        auto& one = rounds.emplace_back(late_ms);
        one.victim.start();
        EXPECT_EQ(attack(one.victim, "unlink /var/log/dpkg.log"), 0);
        one.id = pending_id("race" + std::to_string(late_ms + 500), "delete");
        one.command = "quell approve " + one.id + "@" + digest_of(one.id, "kill-container") + " kill-container --reason race";
        one.output = std::async(std::launch::async, [&one] {
            EXPECT_TRUE(eventually([&] { return show(one.id)["time_left_s"] == 0; }));  // one second, a little less
            std::this_thread::sleep_for(std::chrono::milliseconds(900) + one.late);
            return run(one.command);
        });
    }
    for (auto& one : rounds) {
        const auto output = one.output.get();
        EXPECT_TRUE(output.status == 0 || output.status == 5) << output.text;
        const bool approved = output.status == 0;
        EXPECT_TRUE(eventually([&] { return show(one.id)["state"] == (approved ? "done" : "expired"); })) << show(one.id).dump(1);
        const auto actions = actions_of(one.id);
        EXPECT_EQ(std::ranges::count(actions, "approved"), approved ? 1 : 0);
        EXPECT_EQ(std::ranges::count(actions, "expired"), approved ? 0 : 1);
        EXPECT_EQ(std::ranges::count(actions, "refused"), approved ? 0 : 1);
        EXPECT_EQ(eventually([&] { return !one.victim.running(); }, std::chrono::milliseconds(approved ? 5000 : 300)), approved);
    }
    apply_pack();
}

}  // namespace
}  // namespace quell::guest
