// SPDX-License-Identifier: Apache-2.0
// What waits too long, and what was prepared under terms that have changed since.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "vm-tests/harness/kernel_side.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

class Expiry : public testing::Test {
protected:
    void TearDown() override {
        reject_all();
        apply_pack();
    }
    // A container with an incident that has 10 s: detected, and told.
    static std::string expiring(Container& victim, const std::string& name, const std::string& how, const std::string& operation) {
        victim.start();
        const auto before = matches();
        EXPECT_EQ(attack(victim, how), 0);
        const auto id = pending_id(name, operation);
        expect_told(show(id), before, how);
        return id;
    }
    // Nothing was contained since.
    static void expect_free(const Container& victim, std::int64_t denied_before) {
        EXPECT_EQ(attack(victim, "append /var/log/b.log"), 0);
        EXPECT_EQ(denied_anywhere(), denied_before);
    }
};

TEST_F(Expiry, ALateApprovalIsRefused) {
    apply_pack("s/expires: 1h/expires: 10s/");
    Container victim("late");
    const auto id = expiring(victim, "late", "unlink /var/log/dpkg.log", "delete");
    const auto digest = digest_of(id, "kill-container");
    const auto before = denied_anywhere();
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "expired"; }));
    const auto output = run("quell approve " + id + "@" + digest + " kill-container --reason late");
    EXPECT_EQ(output.status, 5) << output.text;
    EXPECT_NE(output.text.find("expired"), std::string::npos) << output.text;
    expect_free(victim, before);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "expired", "refused"}));
}

TEST_F(Expiry, GoesOnWithoutTheDaemon) {
    apply_pack("s/expires: 1h/expires: 10s/");
    Container victim("alone");
    const auto id = expiring(victim, "alone", "unlink /var/log/dpkg.log", "delete");
    const auto digest = digest_of(id, "kill-container");
    const auto before = denied_anywhere();
    kill_daemon(SIGKILL);
    std::this_thread::sleep_for(std::chrono::seconds(11));
    start_daemon();
    EXPECT_EQ(run("quell approve " + id + "@" + digest + " kill-container --reason late").status, 5);
    expect_free(victim, before);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "expired", "refused"}));
}

// The kernel side judges the deadline itself, while nobody is there to move the state.
TEST_F(Expiry, IsJudgedByTheKernelSide) {
    apply_pack("s/expires: 1h/expires: 10s/");
    Container victim("judged");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("judged", "delete");
    {
        KernelSide kernel;
        auto early = approval_of(kernel.find(id), QUELL_RESPONSE_COUNT);
        early.to = QUELL_STATE_EXPIRED;
        EXPECT_EQ(kernel.transition(early).error, -EINVAL) << "nor does it expire before";
        std::this_thread::sleep_for(std::chrono::seconds(11));
        const auto before = kernel.denied(QUELL_HOOK_task_alloc);
        EXPECT_EQ(kernel.approve(id, QUELL_RESPONSE_KILL_CONTAINER), -ETIME);
        const auto entry = kernel.entry(id);
        EXPECT_EQ(QUELL_WORD_STATE(entry.word), quell_u32{QUELL_STATE_PENDING});
        EXPECT_EQ(entry.approved_ns, 0u);
        EXPECT_EQ(victim.exec("for i in 1 2 3; do /bin/true & done; wait").status, 0) << "it forks on";
        EXPECT_EQ(kernel.denied(QUELL_HOOK_task_alloc), before);
    }
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "expired"; })) << show(id).dump(1);
    EXPECT_TRUE(victim.running());
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "expired"}));
}

// Approval and expiry in both orders: what came first is the outcome, the other finds another word.
TEST_F(Expiry, OneOfApprovalAndExpiryHappens) {
    apply_pack("s/expires: 1h/expires: 10s/");
    Container approved("first"), expired("second");
    const auto first = expiring(approved, "first", "truncate /var/log/b.log", "truncate"), second = expiring(expired, "second", "truncate /var/log/b.log", "truncate");
    {
        KernelSide kernel;
        EXPECT_EQ(kernel.approve(first, QUELL_RESPONSE_QUARANTINE_FILE), 0);
        EXPECT_EQ(kernel.move(first, QUELL_STATE_PENDING, QUELL_STATE_EXPIRED), -EINVAL) << "before its time";
        std::this_thread::sleep_for(std::chrono::seconds(11));
        EXPECT_EQ(kernel.move(first, QUELL_STATE_PENDING, QUELL_STATE_EXPIRED), -EBUSY);
        EXPECT_EQ(kernel.approve(second, QUELL_RESPONSE_QUARANTINE_FILE), -ETIME);
        EXPECT_EQ(kernel.move(second, QUELL_STATE_PENDING, QUELL_STATE_EXPIRED), 0);
        EXPECT_EQ(kernel.approve(second, QUELL_RESPONSE_QUARANTINE_FILE), -EBUSY);
        expect_refused(approved, "read /var/log/b.log");
        expect_free(expired, denied_anywhere());
    }
    EXPECT_TRUE(eventually([&] { return show(first)["state"] == "enforcing"; }));
    EXPECT_EQ(actions_of(first), (std::vector<std::string>{"detected", "approved", "enforcing"}));
    EXPECT_EQ(actions_of(second), (std::vector<std::string>{"detected", "expired"}));
    EXPECT_EQ(run("quell undo " + first + " --reason done").status, 0);
}

TEST_F(Expiry, WhatWaitsKeepsTheTermsItWasMadeUnder) {
    Container victim("terms");
    victim.start();
    victim.begin("sleep 1000");
    const auto before = matches();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("terms", "delete");
    expect_told(show(id), before, "under the old terms");
    const auto digest = digest_of(id, "kill-container");
    apply_pack("s/offer: .*/offer: [kill-process]/; s/expires: 1h/expires: 10s/");
    EXPECT_GT(show(id)["time_left_s"].get<int>(), 3000);
    EXPECT_EQ(digest_of(id, "kill-container"), digest);
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto newer = pending_id("terms", "truncate");
    EXPECT_LE(show(newer)["time_left_s"].get<int>(), 10);
    EXPECT_EQ(digest_of(newer, "kill-container"), "") << "the new terms do not offer it";
    EXPECT_EQ(run("quell approve " + id + "@" + digest + " kill-container --reason terms").status, 0);
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
}

}  // namespace
}  // namespace quell::guest
