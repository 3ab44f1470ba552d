// SPDX-License-Identifier: Apache-2.0
#include "user/incident/store.h"

#include <gtest/gtest.h>

#include "tests/incident/made.h"

namespace quell::incident {
namespace {

policy::Image image_with(std::uint64_t id, const std::string& name) {
    policy::ImageRule rule;
    rule.value.id = id;
    rule.value.severity = 3;
    rule.policy = "pack";
    rule.id = "clear-log-activities";
    rule.name = name;
    rule.tags = {"T1070.002"};
    rule.offers = {QUELL_RESPONSE_QUARANTINE_FILE, QUELL_RESPONSE_KILL_CONTAINER};
    policy::Image image;
    image.rules = {rule};
    return image;
}

TEST(Store, AnEventMakesAnIncidentOnce) {
    Store store;
    store.add_rules(3, image_with(99, "Clear Log Activities"));
    bool told = false;
    auto event = an_event(7);
    event.generation = 3;
    EXPECT_EQ(store.on_event(event, told).rule.name, "Clear Log Activities");
    EXPECT_TRUE(told);
    event.arguments = {"other"};
    EXPECT_EQ(store.on_event(event, told).arguments.size(), 2u);
    EXPECT_FALSE(told);
}

TEST(Store, KeepsTheTermsOfItsGeneration) {
    Store store;
    store.add_rules(3, image_with(99, "old name"));
    store.add_rules(4, image_with(99, "new name"));
    EXPECT_EQ(store.rule(99, 3).name, "old name");
    EXPECT_EQ(store.rule(99, 4).name, "new name");
    EXPECT_EQ(store.rule(99, 1).name, "new name") << "a forgotten generation";
    EXPECT_EQ(store.rule(5, 4).name, "rule 5");
}

TEST(Store, EntriesThatHistoryKnowsKeepTheirDetails) {
    Store store;
    auto known = an_incident(7);
    known.arguments = {"rm"};
    store.remember(known);
    bool made = true;
    auto entry = pending_entry(7, QUELL_STATE_ENFORCING);
    entry.hits = 40;
    const auto& incident = store.adopt(pending_key(), entry, made);
    EXPECT_FALSE(made);
    EXPECT_EQ(incident.state, QUELL_STATE_ENFORCING);
    EXPECT_EQ(incident.entry.hits, 40u);
    EXPECT_EQ(incident.arguments.size(), 1u);
    EXPECT_TRUE(store.end_unheld({7}, boottime_ns()).empty());
}

TEST(Store, UnknownEntriesBecomeIncidentsAndTheRingMayFillThemIn) {
    Store store;
    bool made = false, told = false;
    auto& incident = store.adopt(pending_key(), pending_entry(8), made);
    EXPECT_TRUE(made);
    EXPECT_EQ(incident.path, "dpkg.log");
    EXPECT_NE(incident.note.find("details lost"), std::string::npos);
    auto other = an_event(8, 0);
    other.pid = 9999;
    store.on_event(other, told);
    EXPECT_FALSE(told) << "a repeat by another process tells nothing of the first";
    store.on_event(an_event(8, 0), told);
    EXPECT_TRUE(told);
    EXPECT_TRUE(incident.note.empty());
    EXPECT_EQ(incident.arguments.size(), 2u);
}

TEST(Store, WhatLostItsEntryIsExpiredOrGone) {
    Store store;
    store.remember(an_incident(1));
    store.remember(an_incident(2, QUELL_STATE_ENFORCING));
    store.remember(an_incident(3, QUELL_STATE_DONE));
    auto late = an_incident(4);
    late.entry.deadline_ns = 1;
    store.remember(late);
    auto earlier = an_incident(5, QUELL_STATE_ENFORCING);
    earlier.earlier_boot_offset_ns = 0;
    store.remember(earlier);
    auto failed = an_incident(6, QUELL_STATE_FAILED);  // and was in force, until an unload took that back
    failed.entry.response = QUELL_RESPONSE_ISOLATE_NETWORK;
    failed.entry.approved_ns = 1;
    store.remember(failed);
    store.remember(an_incident(7, QUELL_STATE_FAILED));  // nothing of it was
    EXPECT_EQ(store.end_unheld({}, boottime_ns()).size(), 5u);
    EXPECT_EQ(store.find(6)->state, QUELL_STATE_GONE);
    EXPECT_EQ(store.find(7)->state, QUELL_STATE_FAILED);
    EXPECT_EQ(store.find(1)->state, QUELL_STATE_GONE);
    EXPECT_EQ(store.find(2)->state, QUELL_STATE_GONE);
    EXPECT_EQ(store.find(3)->state, QUELL_STATE_DONE);
    EXPECT_EQ(store.find(4)->state, QUELL_STATE_EXPIRED);
    EXPECT_EQ(store.find(5)->note, "the host was restarted: it is enforced no longer");
    EXPECT_TRUE(store.end_unheld({}, boottime_ns()).empty()) << "each is told once";
}

// Its times are those of the boot in which they were.
TEST(Store, ARestoredEntryKeepsTheTimesOfItsBoot) {
    Store store;
    bool made = false;
    auto known = an_incident(1, QUELL_STATE_ENFORCING);
    known.earlier_boot_offset_ns = 5;
    store.remember(known);
    auto entry = pending_entry(1, QUELL_STATE_APPROVED);
    entry.object_flags |= QUELL_OBJECT_RESTORED;
    EXPECT_EQ(store.adopt(pending_key(), entry, made).earlier_boot_offset_ns, 5);
    entry.object_flags &= ~QUELL_OBJECT_RESTORED;
    EXPECT_FALSE(store.adopt(pending_key(), entry, made).earlier_boot_offset_ns);
}

TEST(Store, WhichHoldAFile) {
    Store store;
    std::uint64_t id = 0;
    for (const auto state : {QUELL_STATE_PENDING, QUELL_STATE_APPROVED, QUELL_STATE_ENFORCING, QUELL_STATE_FAILED, QUELL_STATE_UNDONE, QUELL_STATE_GONE})
        for (const std::uint64_t approved_ns : {0, 7})
            for (const quell_u32 response : {QUELL_RESPONSE_QUARANTINE_FILE, QUELL_RESPONSE_KILL_PROCESS}) {
                auto one = an_incident(++id, state);
                one.entry.approved_ns = approved_ns;
                one.entry.response = response;
                store.remember(one);
            }
    std::vector<quell_state> states;
    for (const auto* incident : store.holding_files()) {
        states.push_back(incident->state);
        EXPECT_EQ(incident->entry.approved_ns, 7u);
        EXPECT_EQ(incident->entry.response, static_cast<quell_u32>(QUELL_RESPONSE_QUARANTINE_FILE));
    }
    EXPECT_EQ(states, (std::vector{QUELL_STATE_APPROVED, QUELL_STATE_ENFORCING, QUELL_STATE_FAILED}));
}

TEST(Store, BoundsWhatIsOverAndKeepsWhatIsOpen) {
    Store store;
    for (std::uint64_t id = 1; id <= 3; id++) store.remember(an_incident(id, QUELL_STATE_ENFORCING));
    for (std::uint64_t id = 4; id < 4 + kOverMax + 10; id++) store.remember(an_incident(id, QUELL_STATE_DONE));
    store.trim();
    EXPECT_EQ(store.size(), kOverMax + 3);
    EXPECT_EQ(store.find(4), nullptr);
    EXPECT_EQ(store.list(false).size(), 3u);
    EXPECT_EQ(store.list(true).size(), kOverMax);
    EXPECT_EQ(store.list(true).front()->id, 4 + kOverMax + 9);
}

// The kernel has an entry of it until its row is on the disk, and is told by its incident to forget that.
TEST(Store, WhatTheKernelStillHasIsNotDropped) {
    Store store;
    for (std::uint64_t id = 1; id <= kOverMax + 10; id++) store.remember(an_incident(id, QUELL_STATE_UNDONE));
    store.trim({1, 3});
    EXPECT_NE(store.find(1), nullptr);
    EXPECT_EQ(store.find(2), nullptr);
    EXPECT_NE(store.find(3), nullptr);
    EXPECT_EQ(store.size(), kOverMax);
}

// So many came after it that its id would be nobody's: it refuses still, and by that id it is undone.
TEST(Store, WhatFailedAndIsInForceStaysBeyondTheBound) {
    Store store;
    const auto failed = [&store](std::uint64_t id, quell_response response, std::uint64_t approved_ns = 7, bool is_earlier = false) {
        auto one = an_incident(id, QUELL_STATE_FAILED);
        one.entry.response = response;
        one.entry.approved_ns = approved_ns;
        if (is_earlier) one.earlier_boot_offset_ns = 0;
        store.remember(one);
    };
    failed(1, QUELL_RESPONSE_KILL_CONTAINER);
    failed(2, QUELL_RESPONSE_PAUSE_CONTAINER);
    failed(3, QUELL_RESPONSE_QUARANTINE_FILE, 7, true);  // restored
    failed(4, QUELL_RESPONSE_KILL_CONTAINER, 0);         // it could not be contained
    failed(5, QUELL_RESPONSE_CAPTURE);
    failed(6, QUELL_RESPONSE_KILL_CONTAINER, 7, true);
    for (std::uint64_t id = 7; id < 7 + kOverMax; id++) store.remember(an_incident(id, QUELL_STATE_DONE));
    store.trim();
    for (const std::uint64_t id : {1, 2, 3}) EXPECT_NE(store.find(id), nullptr) << id;
    for (const std::uint64_t id : {4, 5, 6}) EXPECT_EQ(store.find(id), nullptr) << id;
    EXPECT_EQ(store.size(), kOverMax + 3) << "they take nobody's place";
    store.find(1)->state = QUELL_STATE_UNDONE;
    store.trim();
    EXPECT_EQ(store.find(1), nullptr) << "it is over like the others";
    EXPECT_EQ(store.size(), kOverMax + 2);
}

TEST(Store, TheFirstOfSeveralStaysAsLongAsOneOfTheOthersHolds) {
    Store store;
    const auto part = [&store](std::uint64_t id, std::uint64_t first, quell_state state) {
        store.remember(an_incident(first, QUELL_STATE_GONE));
        auto one = an_incident(id, state);
        one.part_of = first;
        one.entry.approved_ns = 7;
        one.entry.response = QUELL_RESPONSE_KILL_CONTAINER;
        store.remember(one);
    };
    part(2, 1, QUELL_STATE_ENFORCING);
    part(4, 3, QUELL_STATE_FAILED);
    part(6, 5, QUELL_STATE_PENDING);
    part(8, 7, QUELL_STATE_DONE);
    for (std::uint64_t id = 9; id < 9 + kOverMax; id++) store.remember(an_incident(id, QUELL_STATE_DONE));
    store.trim();
    for (const std::uint64_t id : {1, 2, 3, 4, 5, 6}) EXPECT_NE(store.find(id), nullptr) << id;
    for (const std::uint64_t id : {7, 8}) EXPECT_EQ(store.find(id), nullptr) << id;
    for (const std::uint64_t id : {2, 4, 6}) store.find(id)->state = QUELL_STATE_UNDONE;
    store.trim();
    EXPECT_EQ(store.find(1), nullptr);
    EXPECT_EQ(store.size(), kOverMax);
}

TEST(Store, WhatWasApprovedTogetherIsFoundByTheFirst) {
    Store store;
    for (std::uint64_t id = 1; id <= 5; id++) {
        auto one = an_incident(id, QUELL_STATE_ENFORCING);
        one.part_of = id == 3 || id == 5 ? 2 : 0;
        store.remember(one);
    }
    const auto parts = store.parts_of(2);
    ASSERT_EQ(parts.size(), 2u);
    EXPECT_EQ(parts[0]->id, 3u);
    EXPECT_EQ(parts[1]->id, 5u);
    EXPECT_TRUE(store.parts_of(1).empty());
    EXPECT_TRUE(store.parts_of(0).empty()) << "those that are part of nothing are nobody's";
    EXPECT_TRUE(store.parts_of(99).empty());
}

// The daemon that asked for it was killed before the disk had a row of it.
TEST(Store, WhatWasApprovedTogetherIsKnownByTheKernelsEntry) {
    Store store;
    auto entry = pending_entry(3, QUELL_STATE_ENFORCING);
    entry.part_of = 2;
    bool made = false;
    (void)store.adopt(pending_key(), entry, made);
    EXPECT_TRUE(made);
    ASSERT_EQ(store.parts_of(2).size(), 1u);
    EXPECT_EQ(store.parts_of(2)[0]->id, 3u);
}

TEST(RuleBook, WhatWasAskedForWithoutARuleHasANameOfItsOwn) {
    const auto facts = RuleBook().find(QUELL_RULE_MANUAL, 1);
    EXPECT_EQ(facts.policy, "manual");
    EXPECT_EQ(facts.rule, "request");
    EXPECT_EQ(facts.severity, kManualSeverity);
    EXPECT_EQ(facts.offers.size(), std::size_t{QUELL_RESPONSE_COUNT});
}

TEST(RuleBook, SurvivesAsText) {
    RuleBook book, other;
    book.add(3, image_with(99, "Clear Log Activities"));
    ASSERT_TRUE(other.restore(3, book.text(3)));
    EXPECT_EQ(other.find(99, 3), book.find(99, 3));
    for (const char* wrong : {"", "{}", "[1]", R"([{"id":1}])", R"([{"id":"x","policy":1}])", "\xff"}) EXPECT_FALSE(other.restore(4, wrong)) << wrong;
    EXPECT_EQ(other.find(99, 4).rule, "clear-log-activities");
    EXPECT_EQ(other.of(3), std::vector{book.find(99, 3)});
    EXPECT_TRUE(other.of(4).empty());
}

TEST(RuleBook, ForgetsTheOldest) {
    RuleBook book;
    for (std::uint64_t generation = 1; generation <= RuleBook::kGenerationsMax + 1; generation++)
        book.add(generation, image_with(generation, "rule"));
    EXPECT_EQ(book.find(1, 1).policy, "unknown");
    EXPECT_EQ(book.find(2, 2).policy, "pack");
}

}  // namespace
}  // namespace quell::incident
