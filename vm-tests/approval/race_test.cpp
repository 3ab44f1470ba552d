// SPDX-License-Identifier: Apache-2.0
// Two things at once: one of them happened, the history says which, and the
// command said the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
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
        EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
        id_ = pending_id("race", "delete");
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
        EXPECT_EQ(eventually([&] { return !victim.running(); }, std::chrono::milliseconds(approved == 0 ? 5000 : 300)), approved == 0);
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
    }
}

TEST_F(Race, ApproveAgainstExpire) {
    apply_pack("s/expires: 1h/expires: 10s/");
    Container victim("race");
    const auto command = prepare(victim);
    int status = 0;
    while ((status = run("quell approve " + id_ + "@000000000000 kill-container --reason poll").status) == 5 && show(id_)["time_left_s"] > 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    status = run(command).status;
    const auto actions = actions_of(id_);
    EXPECT_EQ(std::ranges::count(actions, "approved"), status == 0 ? 1 : 0);
    EXPECT_EQ(std::ranges::count(actions, "expired"), status == 0 ? 0 : 1);
    EXPECT_EQ(victim.running(), status != 0);
    apply_pack();
}

}  // namespace
}  // namespace quell::guest
