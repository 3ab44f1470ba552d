// SPDX-License-Identifier: Apache-2.0
#include "user/history/history.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/base/temp_dir.h"
#include "tests/history/rows.h"

namespace quell::history {
namespace {

class HistoryTest : public testing::Test {
protected:
    TempDir dir_;
    std::string path_ = dir_ / "history.db";
    History history_ = *History::open(path_);
};

TEST_F(HistoryTest, GivesBackWhatWasAppended) {
    std::vector<Entry> entries = {make_entry(Action::DETECTED, 7), make_decision(7), make_entry(Action::STARTED, 0, "")};
    ASSERT_TRUE(history_.append(entries).ok());
    const auto rows = *history_.list(10);
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0], entries[2].row);
    EXPECT_EQ(rows[1], entries[1].row);
    EXPECT_EQ(rows[1].who->login_user, "anna");
    EXPECT_EQ(rows[2], entries[0].row);
    EXPECT_EQ(rows[2].number, 1u);
    EXPECT_EQ(rows[2].prev_hash, genesis_hash());
    EXPECT_EQ(history_.list(10, 7)->size(), 2u);
    EXPECT_EQ(history_.list(1)->at(0).number, 3u);
    EXPECT_EQ(*history_.head(), (Head{3, rows[0].hash}));
    EXPECT_EQ(*history_.row_count(), 3u);
}

TEST_F(HistoryTest, KeepsItAcrossOpening) {
    append(history_, {make_decision(7)});
    const Head head = *history_.head();
    history_ = *History::open(path_);
    EXPECT_EQ(*history_.head(), head);
    auto reader = History::open_read_only(path_);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    append(history_, {make_decision(8)});
    EXPECT_EQ(reader->list(10)->size(), 2u) << "readers see what was written since";
    std::vector<Entry> entries = {make_decision(9)};
    EXPECT_EQ(reader->append(entries).error().code, EROFS);
}

TEST_F(HistoryTest, SnapshotsAreReplaced) {
    append(history_, {with_snapshot(make_entry(Action::DETECTED, 7), "pending"),
                      with_snapshot(make_entry(Action::DETECTED, 8), "pending"), with_snapshot(make_decision(7), "approved")});
    EXPECT_EQ((*history_.snapshot(7))->state, "approved");
    EXPECT_FALSE((*history_.snapshot(9)).has_value());
    EXPECT_EQ(history_.snapshots(10)->size(), 2u);
    const auto pending = *history_.snapshots(10, {"pending"});
    ASSERT_EQ(pending.size(), 1u);
    EXPECT_EQ(pending[0].incident, 8u);
}

TEST_F(HistoryTest, Generations) {
    EXPECT_FALSE((*history_.newest_generation()).has_value());
    append(history_, {make_generation(1), make_generation(2)});
    EXPECT_EQ((*history_.newest_generation())->digest, "digest2");
}

TEST_F(HistoryTest, RefusesWhatDoesNotBelongTogether) {
    std::vector<Entry> wrong = {with_snapshot(make_decision(7), "pending")};
    wrong[0].snapshot->incident = 8;
    EXPECT_EQ(history_.append(wrong).error().code, EINVAL);
    wrong = {make_generation(3)};
    wrong[0].row.generation = 4;
    EXPECT_EQ(history_.append(wrong).error().code, EINVAL);
    EXPECT_EQ(*history_.row_count(), 0u);
}

TEST_F(HistoryTest, IncidentNumbersDoNotComeBack) {
    const std::uint64_t fresh = *history_.next_incident_base();
    EXPECT_GT(fresh, 1u) << "a history made now starts above one made earlier";
    append(history_, {make_entry(Action::DETECTED, fresh + 5)});
    EXPECT_EQ(*history_.next_incident_base(), fresh + 6);
    append(history_, {make_entry(Action::DETECTED, fresh)});
    EXPECT_EQ(*history_.next_incident_base(), fresh + 6);
    ASSERT_TRUE(history_.trim(0).ok());
    EXPECT_EQ(*history_.next_incident_base(), fresh + 6) << "also after its rows were removed";
}

TEST_F(HistoryTest, TextsOfAnyKind) {
    Entry entry = make_decision(7);
    entry.row.subject = "'; DROP TABLE rows; --";
    entry.row.reason = std::string("a\0b", 3);
    std::vector<Entry> entries = {entry};
    ASSERT_TRUE(history_.append(entries).ok());
    EXPECT_EQ(history_.list(1)->at(0), entries[0].row);
    EXPECT_TRUE(history_.verify()->ok);
}

TEST_F(HistoryTest, InPlace) {
    EXPECT_TRUE(history_.in_place());
    std::filesystem::rename(path_, path_ + ".old");
    EXPECT_FALSE(history_.in_place());
}

TEST_F(HistoryTest, OnlyTheOwnerReadsIt) {
    struct stat info {};
    ASSERT_EQ(::stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(HistoryTest, RefusesOtherFiles) {
    EXPECT_EQ(History::open(dir_ / "no/h.db").error().code, ENOENT);
    std::ofstream(dir_ / "text") << std::string(5000, 'x');
    EXPECT_EQ(History::open(dir_ / "text").error().code, EUCLEAN);
    std::filesystem::create_symlink("history.db", dir_ / "link");
    EXPECT_EQ(History::open(dir_ / "link").error().code, ELOOP);
    tamper(path_, "PRAGMA user_version = 99");
    EXPECT_EQ(History::open(path_).error().code, ENOTSUP);
    EXPECT_FALSE(History::open(path_).error().hint.empty());
}

TEST(Head, Text) {
    const Head head{12, std::string(64, 'a')};
    EXPECT_EQ(parse_head(head_text(head)), head);
    for (const char* text : {"", "12", ":", "12:", "x:y", "12:abc"}) EXPECT_FALSE(parse_head(text).has_value()) << text;
}

TEST_F(HistoryTest, GoesOnFromARow) {
    for (std::uint64_t i = 1; i <= 5; i++) append(history_, {make_decision(i % 2 == 0 ? 2 : 1)});
    const auto numbers = [&](std::uint64_t after, std::uint64_t limit, std::uint64_t incident = 0) {
        std::vector<std::uint64_t> found;
        const auto rows = history_.list_after(after, limit, incident);
        EXPECT_TRUE(rows.ok());
        for (const auto& row : *rows) found.push_back(row.number);
        return found;
    };
    using Numbers = std::vector<std::uint64_t>;
    EXPECT_EQ(numbers(0, 100), (Numbers{1, 2, 3, 4, 5}));
    EXPECT_EQ(numbers(2, 2), (Numbers{3, 4}));
    EXPECT_EQ(numbers(2, 100, 2), (Numbers{4})) << "of the incident";
    EXPECT_EQ(numbers(5, 100), Numbers{});
    EXPECT_EQ(numbers(UINT64_MAX, 100), Numbers{});
}

}  // namespace
}  // namespace quell::history
