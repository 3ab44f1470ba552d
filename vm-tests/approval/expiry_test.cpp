// SPDX-License-Identifier: Apache-2.0
// What waits too long, and what was prepared under terms that have changed since.
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

class Expiry : public testing::Test {
protected:
    void TearDown() override {
        reject_all();
        apply_pack();
    }
};

TEST_F(Expiry, ALateApprovalIsRefused) {
    apply_pack("s/expires: 1h/expires: 10s/");
    Container victim("late");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("late", "delete");
    const auto digest = digest_of(id, "kill-container");
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "expired"; }));
    const auto output = run("quell approve " + id + "@" + digest + " kill-container --reason late");
    EXPECT_EQ(output.status, 5) << output.text;
    EXPECT_NE(output.text.find("expired"), std::string::npos) << output.text;
    EXPECT_TRUE(victim.running());
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "expired", "refused"}));
}

TEST_F(Expiry, GoesOnWithoutTheDaemon) {
    apply_pack("s/expires: 1h/expires: 10s/");
    Container victim("alone");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("alone", "delete");
    const auto digest = digest_of(id, "kill-container");
    kill_daemon(SIGKILL);
    std::this_thread::sleep_for(std::chrono::seconds(11));
    start_daemon();
    EXPECT_EQ(run("quell approve " + id + "@" + digest + " kill-container --reason late").status, 5);
    EXPECT_TRUE(victim.running());
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "expired", "refused"}));
}

TEST_F(Expiry, WhatWaitsKeepsTheTermsItWasMadeUnder) {
    Container victim("terms");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("terms", "delete");
    const auto digest = digest_of(id, "kill-container");
    apply_pack("s/offer: .*/offer: [kill-process]/; s/expires: 1h/expires: 10s/");
    EXPECT_GT(show(id)["time_left_s"].get<int>(), 3000);
    EXPECT_EQ(digest_of(id, "kill-container"), digest);
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto newer = pending_id("terms", "truncate");
    EXPECT_LE(show(newer)["time_left_s"].get<int>(), 10);
    EXPECT_EQ(digest_of(newer, "kill-container"), "") << "the new terms do not offer it";
    EXPECT_EQ(run("quell approve " + id + "@" + digest + " kill-container --reason terms").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
}

}  // namespace
}  // namespace quell::guest
