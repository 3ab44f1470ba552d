// SPDX-License-Identifier: Apache-2.0
#include "tests/base/temp_dir.h"
#include "tests/history/rows.h"

namespace quell::history {
namespace {

class RetentionTest : public testing::Test {
protected:
    void verify_ok(const std::optional<Head>& expected = std::nullopt) {
        const Verification found = *history_.verify(expected);
        EXPECT_TRUE(found.ok) << found.detail;
    }
    void trim(std::uint64_t keep) {
        const Status trimmed = history_.trim(keep);
        ASSERT_TRUE(trimmed.ok()) << trimmed.error().message;
    }

    TempDir dir_;
    std::string path_ = dir_ / "history.db";
    History history_ = *History::open(path_);
};

TEST_F(RetentionTest, StaysVerifiableOverManyTrims) {
    for (int round = 0; round < 10; round++) {
        for (std::uint64_t i = 1; i <= 20; i++) append(history_, {make_decision(i)});
        trim(5);
        verify_ok();
        EXPECT_EQ(*history_.row_count(), 6u);
        EXPECT_EQ(history_.list(1)->at(0).action, Action::CHECKPOINT);
    }
    EXPECT_EQ(history_.head()->row, 210u) << "row numbers go on";
}

TEST_F(RetentionTest, NothingToRemove) {
    append(history_, {make_decision(1)});
    trim(5);
    EXPECT_EQ(*history_.row_count(), 1u);
}

TEST_F(RetentionTest, KeepsWhatIsStillNeeded) {
    append(history_, {make_generation(1), make_generation(2), with_snapshot(make_entry(Action::DETECTED, 1), "pending"),
                      with_snapshot(make_entry(Action::ENFORCING, 2), "enforcing"),
                      with_snapshot(make_entry(Action::DONE, 3), "done"), make_entry(Action::STARTED, 0)});
    for (int i = 0; i < 3; i++) {
        trim(1);
        verify_ok();
        EXPECT_EQ((*history_.snapshot(1))->state, "pending");
        EXPECT_EQ((*history_.snapshot(2))->state, "enforcing");
        EXPECT_FALSE((*history_.snapshot(3)).has_value());
        EXPECT_EQ((*history_.newest_generation())->generation, 2u);
        append(history_, {make_entry(Action::STARTED, 0)});
    }
    append(history_, {with_snapshot(make_entry(Action::UNDONE, 2), "undone")});
    verify_ok();
    trim(0);
    verify_ok();
    EXPECT_FALSE((*history_.snapshot(2)).has_value());
}

// Its file is refused until it is undone, also after a restart of the host: then this is all that knows of it.
TEST_F(RetentionTest, KeepsAQuarantineThatFailedAndIsInForce) {
    const std::string lasting = R"({"lasting":{"response":"quarantine-file"}})";
    append(history_, {with_snapshot(make_entry(Action::FAILED, 1), "failed", lasting), with_snapshot(make_entry(Action::FAILED, 2), "failed"),
                      with_snapshot(make_entry(Action::FAILED, 3), "failed", "no JSON"), make_entry(Action::STARTED, 0)});
    for (int i = 0; i < 3; i++) {
        trim(1);
        verify_ok();
        ASSERT_TRUE((*history_.snapshot(1)).has_value());
        EXPECT_EQ((*history_.snapshot(1))->json, lasting);
        for (const std::uint64_t over : {2, 3}) EXPECT_FALSE((*history_.snapshot(over)).has_value()) << over;
        append(history_, {make_entry(Action::STARTED, 0)});
    }
    EXPECT_EQ(history_.snapshots(10, {"failed"})->size(), 1u) << "as the daemon looks for it when it starts";
    append(history_, {with_snapshot(make_entry(Action::UNDONE, 1), "undone")});
    trim(0);
    verify_ok();
    EXPECT_FALSE((*history_.snapshot(1)).has_value());
}

TEST_F(RetentionTest, ChangedContentIsNotVouchedForAgain) {
    append(history_, {with_snapshot(make_entry(Action::ENFORCING, 2), "enforcing"), make_entry(Action::STARTED, 0)});
    tamper(path_, "UPDATE incidents SET snapshot = '{\"other\":1}'");
    trim(1);
    EXPECT_FALSE(history_.verify()->ok);
}

TEST_F(RetentionTest, HeadsFromBefore) {
    for (std::uint64_t i = 1; i <= 10; i++) append(history_, {make_decision(i)});
    const auto rows = *history_.list(10);
    trim(5);
    verify_ok(Head{rows[0].number, rows[0].hash});
    const Verification removed = *history_.verify(Head{2, rows[8].hash});
    EXPECT_TRUE(removed.ok);
    EXPECT_NE(removed.detail.find("removed by retention"), std::string::npos);
}

TEST_F(RetentionTest, MoreRemovedThanTheCheckpointSays) {
    for (std::uint64_t i = 1; i <= 10; i++) append(history_, {make_decision(i)});
    trim(5);
    tamper(path_, "DELETE FROM rows WHERE row = 6");
    EXPECT_EQ(history_.verify()->broken_at, 6u);
}

TEST_F(RetentionTest, AForgedCheckpoint) {
    for (std::uint64_t i = 1; i <= 10; i++) append(history_, {make_decision(i)});
    trim(5);
    for (const char* detail : {"", "[]", "{\"removed_to\":-1}", "{\"removed_to\":6,\"removed_hash\":\"x\",\"incidents\":{},\"generations\":{}}",
                               "{\"removed_to\":5,\"removed_hash\":\"x\",\"incidents\":{\"x\":1},\"generations\":{}}"}) {
        tamper(path_, std::string("UPDATE rows SET detail = '") + detail + "' WHERE action = 'checkpoint'");
        EXPECT_FALSE(history_.verify()->ok) << detail;
    }
}

}  // namespace
}  // namespace quell::history
