// SPDX-License-Identifier: Apache-2.0
// Nobody decides and no daemon clears: what has expired makes room for the very event that lacks it, for a subject and in
// the whole map.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <functional>
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
    static void act(const Jail& jail, int actors) { expect_each(jail, {"many-actors", "/var/log", std::to_string(actors), "1"}, actors); }
    static void expect_each(const Jail& jail, const std::vector<std::string>& words, int actors) {
        const auto before = matches();
        EXPECT_EQ(jail.run(words)["failed"], 0);
        EXPECT_EQ(matches() - before, actors);
    }
    // As many entries as the map has, most of them over; then one more, whose incident is not lost.
    static void expect_room(const std::function<void(const Jail&, int)>& acts) {
        constexpr int kJails = 12, kRounds = 3;  // 768 in a round: all that those get who have one already
        std::vector<std::unique_ptr<Jail>> jails;
        for (int i = 0; i < kJails; i++) jails.push_back(std::make_unique<Jail>("map" + std::to_string(i)));
        for (int round = 0; round < kRounds; round++) {
            if (round) wait_until_all_have_expired();
            for (const auto& jail : jails) acts(*jail, QUELL_PENDING_PER_SUBJECT);
        }
        const Jail last("last");
        acts(last, 1);
        start_daemon();  // the ring is full of what came first: it makes the rest up from the entries
        // among all: on a slow machine its ten seconds are over before the daemon has gone through the others
        EXPECT_TRUE(eventually([&] { return std::ranges::any_of(incidents(true), [&](const Json& one) { return is_of(one, last); }); }, std::chrono::seconds(90))) << "lost";
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
    expect_room(act);
}

// The same of what held something: whose record stays behind, over its deadline, and costs room, but no incident.
class ReclaimedHeld : public Reclaimed {
protected:
    void SetUp() override {
        write(kFile, "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: site}\nspec:\n  rules:\n    - id: read\n      severity: high\n      on: [open-read]\n      where: {subject: container}\n"
                     "      match: {path: [/var/log/held]}\n      respond: {offer: [kill-container], while-pending: [deny-write], expires: 10s}\n");
        Reclaimed::SetUp();
    }
    void TearDown() override {
        must("rm " + kFile);
        Reclaimed::TearDown();
    }
    const std::string kFile = std::string(kPolicyDirectory) + "/held.yaml";
};

TEST_F(ReclaimedHeld, TheMapsRoomIsTakenByTheEventThatLacksIt) {
    allow_counter("ring-dropped");
    expect_room([](const Jail& jail, int actors) { expect_each(jail, {"many-readers", "/var/log/held", std::to_string(actors)}, actors); });
    const auto held = [] { return must("bpftool -j map dump pinned /sys/fs/bpf/quell/maps/held_objects | jq length"); };
    EXPECT_TRUE(eventually([&] { return held() == "0\n"; }, std::chrono::seconds(90))) << "they end with their containers";
}

}  // namespace
}  // namespace quell::guest
