// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/journal_rows.h"

#include <algorithm>
#include <set>

#include "tests/base/temp_dir.h"
#include "tests/notify/receiver.h"
#include "user/base/files.h"
#include "user/base/id.h"

namespace quell::daemon {
namespace {

using history::Action;

class JournalRows : public testing::Test {
protected:
    std::string told(const history::Row& row, const incident::Incident* about, std::string_view state = "pending") {
        tell_journal(stream_, row, about, state);
        return receiver_.receive();
    }
    static incident::Incident sample() {
        incident::Incident one;
        one.id = 7;
        one.key.container = 5;
        one.container_id = "4f0c9a";
        one.identity.pod = "shop-7d9f";
        one.rule.policy = "notable-events";
        one.rule.rule = "clear-log-activities";
        one.rule.severity = 3;
        return one;
    }
    static history::Row row_of(Action action) {
        history::Row row;
        row.action = action;
        row.incident = 7;
        row.subject = "web (4f0c9a)";
        row.result = "as it went";
        return row;
    }
    static bool has(const std::string& entry, const std::string& line) { return ("\n" + entry).find("\n" + line + "\n") != std::string::npos; }

    TempDir dir_;
    notify::Receiver receiver_{dir_ / "journal"};
    notify::JournalStream stream_{dir_ / "journal"};
};

TEST_F(JournalRows, HaveTheIncidentsFields) {
    const auto one = sample();
    auto row = row_of(Action::APPROVED);
    row.response = "kill-container";
    row.reason = "seen";
    row.who = history::Who{1000, "alice", 1000, "alice", 99, "/user.slice"};
    const auto entry = told(row, &one, "approved");
    const std::string id(history::kActionMessageIds[static_cast<std::size_t>(Action::APPROVED)]);
    for (const auto& line : std::vector<std::string>{
             "MESSAGE_ID=" + id, "SYSLOG_IDENTIFIER=quelld", "QUELL_ACTION=approved", "QUELL_INCIDENT=" + id_text(7), "QUELL_POLICY=notable-events",
             "QUELL_RULE=clear-log-activities", "QUELL_SEVERITY=high", "QUELL_STATE=approved", "QUELL_SUBJECT=web (4f0c9a)", "QUELL_CONTAINER=4f0c9a",
             "QUELL_POD=shop-7d9f", "QUELL_RESPONSE=kill-container", "QUELL_REASON=seen", "QUELL_USER=alice", "QUELL_UID=1000", "QUELL_LOGIN_UID=1000"})
        EXPECT_TRUE(has(entry, line)) << line << "\nin\n" << entry;
    EXPECT_TRUE(has(entry, "MESSAGE=" + id_text(7) + " approved: notable-events/clear-log-activities (high), web (4f0c9a), kill-container: as it went; alice")) << entry;
}

TEST_F(JournalRows, WhatIsNotKnownHasNoField) {
    auto row = row_of(Action::STOPPED);
    row.incident = 0;
    row.subject = "quelld";
    const auto entry = told(row, nullptr, "");
    for (const char* name : {"QUELL_INCIDENT", "QUELL_RULE", "QUELL_STATE", "QUELL_USER", "QUELL_UID", "QUELL_CONTAINER", "QUELL_REASON"}) EXPECT_EQ(entry.find(name), std::string::npos) << entry;
}

TEST_F(JournalRows, HostileTextMakesNoFieldOfItsOwn) {
    auto one = sample();
    one.container_id = "x\nQUELL_STATE=done\n\x1b[2J";
    one.identity.image = std::string(100'000, 'i');
    auto row = row_of(Action::REFUSED);
    row.reason = "a\nPRIORITY=0\n\xff";
    row.subject = std::string(100'000, '\n');
    const auto entry = told(row, &one);
    ASSERT_FALSE(entry.empty());
    EXPECT_TRUE(has(entry, "QUELL_STATE=pending"));
    EXPECT_FALSE(has(entry, "QUELL_STATE=done"));
    EXPECT_FALSE(has(entry, "PRIORITY=0"));
    EXPECT_TRUE(has(entry, "QUELL_REASON=a\\x0aPRIORITY=0\\x0a\\xff")) << entry;
    EXPECT_EQ(entry.find('\x1b'), std::string::npos);
    EXPECT_LT(entry.size(), 64u << 10);
}

TEST_F(JournalRows, HowUrgentAnEntryIs) {
    auto one = sample();
    EXPECT_TRUE(has(told(row_of(Action::DETECTED), &one), "PRIORITY=4"));
    EXPECT_TRUE(has(told(row_of(Action::FAILED), &one), "PRIORITY=3"));
    EXPECT_TRUE(has(told(row_of(Action::DONE), &one), "PRIORITY=5"));
    one.rule.severity = 1;
    EXPECT_TRUE(has(told(row_of(Action::DETECTED), &one), "PRIORITY=5"));
}

TEST(MessageIds, AreDistinctAndDocumented) {
    const auto text = read_file(QUELL_SOURCE_DIR "/docs/operations.md", 1 << 20);
    ASSERT_TRUE(text);
    std::set<std::string_view> seen{notify::kHeadMessageId, notify::kLostMessageId};
    for (std::size_t i = 0; i < history::kActionMessageIds.size(); i++) {
        const auto id = history::kActionMessageIds[i];
        EXPECT_EQ(id.size(), 32u);
        EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string_view::npos) << id;
        EXPECT_TRUE(seen.insert(id).second) << id;
        EXPECT_NE(text->find("| " + std::string(history::kActionWords[i]) + " | " + std::string(id) + " |"), std::string::npos) << history::kActionWords[i];
    }
    for (const auto id : {notify::kHeadMessageId, notify::kLostMessageId}) EXPECT_NE(text->find(id), std::string::npos);
}

}  // namespace
}  // namespace quell::daemon
