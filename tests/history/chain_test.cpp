// SPDX-License-Identifier: Apache-2.0
// Every way to change the file behind the history's back, and what verify()
// says to it.
#include "tests/base/temp_dir.h"
#include "tests/history/rows.h"

namespace quell::history {
namespace {

class ChainTest : public testing::Test {
protected:
    ChainTest() {
        append(history_, {make_generation(1)});
        for (std::uint64_t incident = 1; incident <= 4; incident++)
            append(history_, {with_snapshot(make_entry(Action::DETECTED, incident), "pending"), make_decision(incident)});
        head_ = *history_.head();
    }

    // Rows: 1 the policy, 2 and 3 incident 1, 4 and 5 incident 2, … 9.
    Verification after(const std::string& sql, const std::optional<Head>& expected = std::nullopt) {
        tamper(path_, sql);
        return *history_.verify(expected);
    }
    void broken_at(std::uint64_t row, const std::string& sql, const std::optional<Head>& expected = std::nullopt) {
        const Verification found = after(sql, expected);
        EXPECT_FALSE(found.ok) << sql;
        EXPECT_EQ(found.broken_at, row) << sql << ": " << found.detail;
        EXPECT_FALSE(found.detail.empty());
    }

    TempDir dir_;
    std::string path_ = dir_ / "history.db";
    History history_ = *History::open(path_);
    Head head_;
};

TEST_F(ChainTest, Whole) {
    const Verification found = *history_.verify(head_);
    EXPECT_TRUE(found.ok) << found.detail;
    EXPECT_EQ(found.rows, 9u);
    EXPECT_EQ(found.head, head_);
    EXPECT_FALSE(found.broken_at.has_value());
    EXPECT_NE(found.detail.find(head_.hash), std::string::npos);
}

TEST_F(ChainTest, EmptyIsWhole) {
    History empty = *History::open(dir_ / "empty.db");
    EXPECT_TRUE(empty.verify()->ok);
    EXPECT_TRUE(empty.verify(Head{0, genesis_hash()})->ok);
    EXPECT_EQ(empty.verify(head_)->broken_at, 1u);
}

TEST_F(ChainTest, EveryColumnIsCovered) {
    for (const char* change :
         {"boot_ns = boot_ns + 1", "wall_ns = wall_ns - 86400000000000", "boot_id = 'x'", "action = 'rejected'",
          "incident = 9", "generation = 2", "subject = ''", "response = 'kill-process'", "result = 'no'", "uid = 1",
          "uid = 4294967296", "user = 'eve'", "login_uid = 0", "login_user = 'eve'", "pid = 1", "cgroup = '/'",
          "reason = 'other'", "detected_to_approved_us = NULL", "approved_to_flipped_us = 0", "flipped_to_last_gone_us = 1",
          "detail = '{}'", "content_hash = 'x'", "prev_hash = 'x'", "hash = 'x'",
          "uid = NULL, user = NULL, login_uid = NULL, login_user = NULL, pid = NULL, cgroup = NULL", "uid = NULL"}) {
        tamper(path_, "CREATE TABLE saved AS SELECT * FROM rows");
        broken_at(5, std::string("UPDATE rows SET ") + change + " WHERE row = 5");
        tamper(path_, "DELETE FROM rows; INSERT INTO rows SELECT * FROM saved; DROP TABLE saved");
        ASSERT_TRUE(history_.verify()->ok);
    }
}

TEST_F(ChainTest, ARowRemoved) { broken_at(5, "DELETE FROM rows WHERE row = 5"); }
TEST_F(ChainTest, TheFirstRowsRemoved) { broken_at(1, "DELETE FROM rows WHERE row < 3"); }
TEST_F(ChainTest, AllRowsRemoved) { broken_at(1, "DELETE FROM rows", head_); }

TEST_F(ChainTest, RowsSwapped) {
    broken_at(4, "UPDATE rows SET row = 99 WHERE row = 4; UPDATE rows SET row = 4 WHERE row = 5;"
                 "UPDATE rows SET row = 5 WHERE row = 99");
}

TEST_F(ChainTest, ARowRemovedAndTheRestMovedUp) {
    broken_at(5, "DELETE FROM rows WHERE row = 5; UPDATE rows SET row = row + 1000;"
                 "UPDATE rows SET row = row - 1001 WHERE row > 1005;"
                 "UPDATE rows SET row = row - 1000 WHERE row > 1000");
}

TEST_F(ChainTest, ARowInserted) {
    broken_at(10, "CREATE TABLE copy AS SELECT * FROM rows WHERE row = 9; UPDATE copy SET row = 10;"
                  "INSERT INTO rows SELECT * FROM copy");
}

TEST_F(ChainTest, ACutEndShowsByTheHeadOnly) {
    const Verification without = after("DELETE FROM rows WHERE row > 7; DELETE FROM incidents WHERE incident = 4");
    EXPECT_TRUE(without.ok) << without.detail;
    const Verification with = *history_.verify(head_);
    EXPECT_EQ(with.broken_at, 8u) << with.detail;
}

TEST_F(ChainTest, ARewrittenEndShowsByTheHeadOnly) {
    tamper(path_, "DELETE FROM rows WHERE row > 8");
    append(history_, {make_entry(Action::REJECTED, 4)});
    EXPECT_TRUE(history_.verify()->ok);
    EXPECT_EQ(history_.verify(head_)->broken_at, 9u);
}

TEST_F(ChainTest, AnOlderHeadStillFits) {
    append(history_, {make_decision(5)});
    EXPECT_TRUE(history_.verify(head_)->ok);
}

TEST_F(ChainTest, SnapshotsAreVouchedFor) {
    broken_at(4, "UPDATE incidents SET state = 'rejected' WHERE incident = 2");
}
TEST_F(ChainTest, SnapshotTextIsVouchedFor) {
    broken_at(4, "UPDATE incidents SET snapshot = '{}' WHERE incident = 2");
}
TEST_F(ChainTest, SnapshotsAreNotRemoved) { broken_at(4, "DELETE FROM incidents WHERE incident = 2"); }
TEST_F(ChainTest, SnapshotsAreNotAdded) { broken_at(9, "INSERT INTO incidents VALUES (77, 'enforcing', '{}', '{}')"); }
TEST_F(ChainTest, GenerationsAreVouchedFor) { broken_at(1, "UPDATE generations SET digest = 'x'"); }
TEST_F(ChainTest, GenerationsAreNotAdded) { broken_at(9, "INSERT INTO generations VALUES (2, 'x', '[]')"); }

}  // namespace
}  // namespace quell::history
