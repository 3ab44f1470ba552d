// SPDX-License-Identifier: Apache-2.0
#include "user/approval/automatic.h"

#include <gtest/gtest.h>

#include "tests/base/temp_dir.h"
#include "tests/history/rows.h"
#include "tests/incident/made.h"
#include "user/history/history.h"

namespace quell::approval {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000, kHour = HourGuard::kHourNs;
const policy::Automatic kKill{QUELL_RESPONSE_KILL_CONTAINER, 2, false};

TEST(Guard, TakesSoManyAnHour) {
    HourGuard guard;
    EXPECT_TRUE(guard.take("p/r", 2, 0));
    EXPECT_TRUE(guard.take("p/r", 2, kMinute));
    EXPECT_FALSE(guard.take("p/r", 2, 2 * kMinute));
    EXPECT_FALSE(guard.take("p/r", 2, kHour - 1)) << "the first one is not an hour ago";
    EXPECT_TRUE(guard.take("p/r", 2, kHour));
    EXPECT_FALSE(guard.take("p/r", 2, kHour + kMinute - 1)) << "any hour, not those of the clock";
    EXPECT_TRUE(guard.take("p/other", 2, kHour)) << "each rule by itself";
}

TEST(Guard, WhatCameToNothingDoesNotCount) {
    HourGuard guard;
    ASSERT_TRUE(guard.take("p/r", 1, 5));
    guard.give_back("p/r", 6);
    guard.give_back("p/other", 5);
    EXPECT_FALSE(guard.take("p/r", 1, 7));
    guard.give_back("p/r", 5);
    EXPECT_TRUE(guard.take("p/r", 1, 8));
}

TEST(Guard, ALowerBoundHoldsForWhatWasDone) {
    HourGuard guard;
    for (int i = 0; i < 5; i++) ASSERT_TRUE(guard.take("p/r", 5, i));
    EXPECT_FALSE(guard.take("p/r", 3, 10));
    EXPECT_TRUE(guard.take("p/r", 6, 10));
}

TEST(Guard, IsClosedForAnHour) {
    HourGuard guard;
    EXPECT_FALSE(guard.is_closed(0));
    guard.close(kMinute);
    EXPECT_TRUE(guard.is_closed(kMinute + kHour - 1));
    EXPECT_FALSE(guard.take("p/r", 9, kMinute + kHour - 1));
    EXPECT_TRUE(guard.take("p/r", 9, kMinute + kHour));
}

history::Row row_of(history::Action action, std::int64_t wall_ns, const std::string& boot, std::uint64_t boot_ns, const std::string& detail) {
    history::Row row;
    row.action = action;
    row.subject = "web";
    row.who = who_rule();
    row.wall_ns = wall_ns;
    row.boot_id = boot;
    row.boot_ns = boot_ns;
    row.detail = detail;
    return row;
}

// The daemon ends, the host too: what the history has goes on counting.
TEST(Guard, CountsOverRestarts) {
    const TempDir dir;
    auto file = history::History::open(dir / "history.db");
    ASSERT_TRUE(file) << file.error().message;
    constexpr std::int64_t kWall = 1'800'000'000'000'000'000;
    const auto rule = rule_detail("p/r");
    std::vector<history::Entry> entries;
    for (const auto& row : {row_of(history::Action::APPROVED, kWall - 2 * kHour, "old", 1, rule),             // long ago
                            row_of(history::Action::APPROVED, kWall - 30 * kMinute, "old", 1, rule),          // before the boot
                            row_of(history::Action::HELD_BACK, kWall - 10 * kMinute, "now", 1, rule),         // nothing was done
                            row_of(history::Action::APPROVED, kWall - 9 * kMinute, "now", 1, R"({"x":"y"})"),  // by a person
                            row_of(history::Action::DRY_RUN, kWall - 5 * kMinute, "now", 5 * kMinute, rule),
                            row_of(history::Action::APPROVED, kWall - 5 * kMinute, "now", 5 * kMinute, rule_detail("p/other"))})
        entries.push_back({row, std::nullopt, std::nullopt});
    history::append(*file, entries);
    const auto rows = file->approved_by_rules(kWall - kHour);
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(rows->size(), 4u) << "those within the hour that have a detail";
    const auto all = file->approved(kWall - kHour);
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->size(), 3u) << "whoever approved; a dry run is none";
    HourGuard guard;
    guard.remember(*rows, 10 * kMinute, kWall, "now");
    EXPECT_FALSE(guard.take("p/r", 2, 10 * kMinute));
    EXPECT_TRUE(guard.take("p/r", 3, 10 * kMinute));
    EXPECT_TRUE(guard.take("p/r", 3, 40 * kMinute)) << "the one before the boot is an hour ago";
    EXPECT_FALSE(guard.take("p/r", 3, 40 * kMinute));
    EXPECT_TRUE(guard.take("p/other", 2, 10 * kMinute));
    EXPECT_FALSE(guard.take("p/other", 2, 10 * kMinute));
}

TEST(Guard, ARowOfTheFutureIsOneOfNow) {
    HourGuard guard;
    const auto row = row_of(history::Action::APPROVED, 500 * kHour, "old", 1, rule_detail("p/r"));
    guard.remember(std::span(&row, 1), 0, kHour, "now");
    EXPECT_FALSE(guard.take("p/r", 1, kHour - 1));
    EXPECT_TRUE(guard.take("p/r", 1, kHour));
}

TEST(Detail, NamesTheRule) {
    EXPECT_EQ(rule_of_detail(rule_detail("p/r")), "p/r");
    for (const char* other : {"", "{", "[]", R"({"automatic":1})", R"({"digest":"ab"})"}) EXPECT_FALSE(rule_of_detail(other)) << other;
}

policy::Image image_with(const std::optional<policy::Automatic>& automatic) {
    policy::Image image;
    policy::ImageRule rule;
    rule.value.id = 99;
    rule.policy = "p";
    rule.id = "r";
    rule.offers = {QUELL_RESPONSE_KILL_CONTAINER};
    rule.automatic = automatic;
    image.rules.push_back(rule);
    return image;
}

std::optional<policy::Automatic> asked(const std::optional<policy::Automatic>& made, const std::optional<policy::Automatic>& running) {
    incident::Store store;
    store.add_rules(3, image_with(made));
    store.add_rules(4, image_with(running));
    return automatic_of(store, incident::an_incident());  // made under 3
}

TEST(Automatic, IsWhatTheRuleSaidAndStillSays) {
    policy::Automatic fewer = kKill, other = kKill;
    fewer.per_hour = 1;
    other.response = QUELL_RESPONSE_KILL_PROCESS;
    EXPECT_EQ(asked(kKill, kKill), kKill);
    EXPECT_EQ(asked(kKill, fewer), fewer) << "the bound is that of the policy which runs";
    EXPECT_FALSE(asked(kKill, std::nullopt)) << "switched off meanwhile";
    EXPECT_FALSE(asked(std::nullopt, kKill)) << "switched on only for what comes";
    EXPECT_FALSE(asked(kKill, other));
    incident::Store none;
    EXPECT_FALSE(automatic_of(none, incident::an_incident())) << "a rule that nobody remembers";
}

TEST(Automatic, SurvivesARestartWithTheGeneration) {
    incident::RuleBook book, other;
    book.add(3, image_with(policy::Automatic{QUELL_RESPONSE_KILL_PROCESS, 7, true}));
    ASSERT_TRUE(other.restore(3, book.text(3)));
    ASSERT_NE(other.running(99), nullptr);
    EXPECT_EQ(other.running(99)->automatic, (policy::Automatic{QUELL_RESPONSE_KILL_PROCESS, 7, true}));
    EXPECT_EQ(other.running(98), nullptr);
    EXPECT_FALSE(other.restore(4, R"([{"id":1,"policy":"p","rule":"r","name":"r","severity":1,"tags":[],"offers":[],"automatic":{}}])"));
}

TEST(Automatic, IsNotForAnIncidentOfAnEarlierBoot) {
    auto incident = incident::an_incident();
    EXPECT_EQ(why_not_by_rule(incident), "");
    incident.earlier_boot_offset_ns = 1;
    EXPECT_NE(why_not_by_rule(incident), "");
}

TEST(Automatic, IsNotForWhatTwoPersonsDecide) {
    auto incident = incident::an_incident();
    incident.rule.two_persons = true;
    EXPECT_EQ(why_not_by_rule(incident), "its rule asks for two persons");
}

TEST(Automatic, ARuleSaysForHowLongWhatItCanFollows) {
    incident::Incident incident;
    for (quell_u32 response = 0; response < QUELL_RESPONSE_COUNT; response++) EXPECT_EQ(follow_of_rule(incident, response), 0u) << "its rule says nothing";
    incident.rule.follow_ns = 7'200'000'000'000;
    EXPECT_EQ(follow_of_rule(incident, QUELL_RESPONSE_ISOLATE_NETWORK), incident.rule.follow_ns);
    EXPECT_EQ(follow_of_rule(incident, QUELL_RESPONSE_DENY_WRITE), incident.rule.follow_ns);
    EXPECT_EQ(follow_of_rule(incident, QUELL_RESPONSE_DENY_EXEC), incident.rule.follow_ns);
    EXPECT_EQ(follow_of_rule(incident, QUELL_RESPONSE_KILL_CONTAINER), 0u);
    EXPECT_EQ(follow_of_rule(incident, QUELL_RESPONSE_CAPTURE), 0u);
    EXPECT_EQ(follow_of_rule(incident, QUELL_RESPONSE_COUNT), 0u);
}

TEST(RuleBook, KeepsWhatIsAskedOfWhoApproves) {
    auto image = image_with(std::nullopt);
    image.rules[0].two_persons = image.rules[0].reason_required = true;
    image.rules[0].follow_ns = 7'200'000'000'000;
    incident::RuleBook book, other;
    book.add(3, image);
    ASSERT_TRUE(other.restore(3, book.text(3)));
    EXPECT_TRUE(other.running(99)->two_persons && other.running(99)->reason_required);
    EXPECT_EQ(other.running(99)->follow_ns, 7'200'000'000'000u);
    EXPECT_EQ(other.of(3), book.of(3));
}

}  // namespace
}  // namespace quell::approval
