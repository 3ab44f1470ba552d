// SPDX-License-Identifier: Apache-2.0
// Somebody sets the wall clock: what waits goes on waiting for as long as it
// was told to, and the history stays in the order of what happened.
#include <gtest/gtest.h>

#include <csignal>
#include <ctime>
#include <thread>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr long kDay = 86'400;

class Clock : public testing::Test {
protected:
    void TearDown() override {
        set_by(-shift_);
        reject_all();
        apply_pack();
    }
    void set_by(long seconds) {
        must("date -s @" + std::to_string(std::time(nullptr) + seconds) + " >/dev/null");
        shift_ += seconds;
    }
    // `clock`: how much, with a pending incident in the middle of its hour.
    void expect_time_left(const char* name, long clock) {
        Container victim(name);
        victim.start();
        victim.begin("sleep 1000");
        const auto before = matches();
        EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
        const auto id = pending_id(name, "delete");
        expect_told(show(id), before, name);
        const int left = show(id)["time_left_s"];
        set_by(clock);
        const auto incident = show(id);
        EXPECT_EQ(incident["state"], "pending");
        EXPECT_LE(incident["time_left_s"], left);
        EXPECT_GT(incident["time_left_s"], left - 30);
        EXPECT_GE(incident["age_s"], 0);
        EXPECT_LT(incident["age_s"], 60);
        const auto output = approve(id, "kill-container");
        EXPECT_EQ(output.status, 0) << output.text;
        EXPECT_EQ(victim.ended(), 128 + SIGKILL);
        EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
    }

private:
    long shift_ = 0;
};

TEST_F(Clock, SetBackADayWithAPendingIncident) { expect_time_left("back", -kDay); }

TEST_F(Clock, SetForwardADayWithAPendingIncident) { expect_time_left("forward", kDay); }

TEST_F(Clock, SetBackADayDelaysNoExpiry) {
    apply_pack("s/expires: 1h/expires: 10s/");
    Container victim("expires");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("expires", "delete");
    const auto digest = digest_of(id, "kill-container");
    const auto denied_before = denied_anywhere();
    set_by(-kDay);
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "expired"; }, std::chrono::seconds(15)));
    EXPECT_EQ(run("quell approve " + id + "@" + digest + " kill-container --reason late").status, 5);
    EXPECT_EQ(attack(victim, "append /var/log/b.log"), 0) << "nothing is contained";
    EXPECT_EQ(denied_anywhere(), denied_before);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "expired", "refused"}));
}

TEST_F(Clock, TheHistoryStaysInOrder) {
    const std::int64_t before = quell("history --limit 1")["rows"][0]["row"];
    set_by(-kDay);
    Container victim("order");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("order", "delete");
    EXPECT_EQ(run("quell reject " + id + " --reason order").status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "rejected"}));
    const auto rows = quell("history --limit 1000")["rows"];
    std::int64_t last = rows[0]["row"];
    EXPECT_GE(last, before + 2);
    EXPECT_EQ(rows[0]["action"], "rejected") << "the newest is first, whatever its time";
    for (std::size_t i = 1; i < rows.size(); i++) EXPECT_EQ(rows[i]["row"], --last);
    EXPECT_EQ(run("quell history verify").status, 0);
    // and across a restart with the clock still wrong
    kill_daemon(SIGTERM);
    start_daemon();
    EXPECT_EQ(show(id)["state"], "rejected");
    EXPECT_EQ(run("quell history verify").status, 0);
}

}  // namespace
}  // namespace quell::guest
