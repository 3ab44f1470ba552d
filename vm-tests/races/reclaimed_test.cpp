// SPDX-License-Identifier: Apache-2.0
// Nobody decides and no daemon clears: what has expired makes room for the very event that lacks it, for a subject and in
// the whole map.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "kern/abi.h"
#include "vm-tests/harness/losses.h"
#include "vm-tests/harness/quelld.h"
#include "vm-tests/races/jail.h"

namespace quell::guest {
namespace {

class Reclaimed : public testing::Test {
protected:
    void SetUp() override {
        apply_pack("s/expires: 1h/expires: 10s/");
        kill_daemon(SIGKILL);
        full_ = counter("pending-full"), subject_ = counter("pending-subject");
    }
    void TearDown() override {
        EXPECT_EQ(counter("pending-full"), full_);  // each event has an entry
        EXPECT_EQ(counter("pending-subject"), subject_);
        start_daemon();
        apply_pack();
        reject_all();
    }
    // An incident of each actor: as many matches in the kernel.
    static void act(const Jail& jail, int actors) {
        const auto before = matches();
        EXPECT_EQ(jail.run({"many-actors", "/var/log", std::to_string(actors), "1"})["failed"], 0);
        EXPECT_EQ(matches() - before, actors);
    }
    static void wait_until_all_have_expired() { std::this_thread::sleep_for(std::chrono::seconds(11)); }

    std::int64_t full_ = 0, subject_ = 0;
};

TEST_F(Reclaimed, ASubjectsRoomIsTakenByTheEventThatLacksIt) {
    const Jail jail("room");
    act(jail, QUELL_PENDING_PER_SUBJECT);
    wait_until_all_have_expired();
    act(jail, 1);
    start_daemon();
    const auto found = wait_for_pending([&](const Json& one) { return is_of(one, jail); });
    ASSERT_TRUE(found) << "lost";
    EXPECT_EQ((*found)["count"], 1);
    EXPECT_EQ(actions_of((*found)["id"]).front(), "detected");
    int expired = 0;
    for (const auto& one : incidents(true)) expired += is_of(one, jail) && one["state"] == "expired";
    EXPECT_EQ(expired, QUELL_PENDING_PER_SUBJECT);
}

// 2,048 entries, of which most are over: they are cleared when one more has no place.
TEST_F(Reclaimed, TheMapsRoomIsTakenByTheEventThatLacksIt) {
    allow_counter("ring-dropped");
    constexpr int kJails = 12, kRounds = 3;  // 768 in a round: all that those get who have one already
    std::vector<std::unique_ptr<Jail>> jails;
    for (int i = 0; i < kJails; i++) jails.push_back(std::make_unique<Jail>("map" + std::to_string(i)));
    for (int round = 0; round < kRounds; round++) {
        if (round) wait_until_all_have_expired();
        for (const auto& jail : jails) act(*jail, QUELL_PENDING_PER_SUBJECT);
    }
    const Jail last("last");
    act(last, 1);
    start_daemon();  // the ring is full of what came first: it makes the rest up from the entries
    // among all: on a slow machine its ten seconds are over before the daemon has gone through the others
    EXPECT_TRUE(eventually([&] { return std::ranges::any_of(incidents(true), [&](const Json& one) { return is_of(one, last); }); }, std::chrono::seconds(90))) << "lost";
}

}  // namespace
}  // namespace quell::guest
