// SPDX-License-Identifier: Apache-2.0
#include "user/history/async_history.h"

#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <filesystem>

#include "tests/base/temp_dir.h"
#include "tests/history/rows.h"

namespace quell::history {
namespace {

class AsyncTest : public testing::Test {
protected:
    AsyncTest() {
        options_.path = dir_ / "history.db";
        options_.retry_ms = 20;
    }
    std::vector<Row> rows() { return *(*History::open_read_only(options_.path)).list(kListMax); }
    void verify_ok() {
        const Verification found = *(*History::open_read_only(options_.path)).verify();
        EXPECT_TRUE(found.ok) << found.detail;
    }
    static bool becomes(const AsyncHistory& history, bool ok) {
        for (int i = 0; i < 500 && history.health().ok != ok; i++) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        return history.health().ok == ok;
    }

    TempDir dir_;
    AsyncOptions options_;
};

TEST_F(AsyncTest, WritesInOrderFromManyThreads) {
    std::atomic<std::uint64_t> committed = 0;
    options_.committed = [&](const std::vector<Row>& written) {
        for (const Row& row : written) EXPECT_EQ(row.number, ++committed);
    };
    AsyncHistory history(options_);
    std::vector<std::thread> threads;
    for (std::uint64_t thread = 1; thread <= 4; thread++)
        threads.emplace_back([&, thread] {
            for (std::uint64_t i = 1; i <= 250; i++) history.append(make_entry(Action::DETECTED, thread * 1000 + i));
        });
    for (std::thread& thread : threads) thread.join();
    ASSERT_TRUE(history.flush(5000).ok());
    EXPECT_EQ(committed, 1000u);
    EXPECT_EQ(history.health().head.row, 1000u);
    EXPECT_EQ(history.health().held, 0u);
    std::array<std::uint64_t, 5> last{};
    const auto written = rows();
    for (auto row = written.rbegin(); row != written.rend(); ++row) {
        EXPECT_EQ(row->incident % 1000, last[row->incident / 1000] + 1);
        last[row->incident / 1000] = row->incident % 1000;
    }
    verify_ok();
}

TEST_F(AsyncTest, TellsOfARowBeforeTheDiskHasIt) {
    std::vector<Row> told;
    options_.appended = [&](const Entry& entry) { told.push_back(entry.row); };
    options_.path = dir_ / "none" + "/history.db";
    AsyncHistory history(options_);
    history.append(make_decision(1));
    history.append(make_decision(2));
    ASSERT_EQ(told.size(), 2u) << "and when it has none";
    EXPECT_EQ(told[0].incident, 1u);
    EXPECT_EQ(told[1].incident, 2u);
    EXPECT_FALSE(told[0].boot_id.empty()) << "stamped";
    EXPECT_EQ(told[0].number, 0u);
}

TEST_F(AsyncTest, StampsAndWritesAtTheEnd) {
    {
        AsyncHistory history(options_);
        Row row;
        row.action = Action::STARTED;
        history.append(row);
    }
    ASSERT_EQ(rows().size(), 1u);
    EXPECT_NE(rows()[0].boot_ns, 0u);
    EXPECT_NE(rows()[0].wall_ns, 0);
    EXPECT_FALSE(rows()[0].boot_id.empty());
}

TEST_F(AsyncTest, ADiskThatIsNotThereYet) {
    options_.path = dir_ / "later/history.db";
    std::atomic<int> changes = 0;
    options_.changed = [&](const Health&) { changes++; };
    AsyncHistory history(options_);
    history.append(make_decision(1));
    ASSERT_TRUE(becomes(history, false));
    EXPECT_FALSE(history.health().error.empty());
    EXPECT_EQ(history.flush(1).error().code, ETIMEDOUT);
    history.append(make_decision(2));
    EXPECT_EQ(history.health().held, 2u);
    EXPECT_EQ(history.waiting().size(), 2u);
    std::filesystem::create_directory(dir_ / "later");
    ASSERT_TRUE(history.flush(5000).ok());
    ASSERT_TRUE(becomes(history, true));
    EXPECT_EQ(rows().size(), 2u);
    EXPECT_EQ(changes, 2);
    verify_ok();
}

// RLIMIT_FSIZE is the full disk that needs no privilege.
TEST_F(AsyncTest, AFullDiskLosesNoDecision) {
    options_.max_held = 50;
    AsyncHistory history(options_);
    history.append(make_decision(1));
    ASSERT_TRUE(history.flush(5000).ok());

    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    rlimit full = before;
    full.rlim_cur = 16 * 1024;
    ::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
    for (std::uint64_t i = 2; i < 202; i++)
        history.append(i % 10 == 0 ? make_decision(i) : make_entry(Action::DETECTED, i));
    const bool degraded = becomes(history, false);
    const Health health = history.health();
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_TRUE(degraded);
    EXPECT_EQ(health.held, 50u);
    EXPECT_EQ(health.dropped, 150u);

    ASSERT_TRUE(history.flush(5000).ok());
    int decisions = 0;
    bool told = false;
    for (const Row& row : rows()) {
        decisions += row.action == Action::APPROVED;
        told |= row.action == Action::ENGINE_WARNING && row.result.rfind("150 rows were lost", 0) == 0;
    }
    EXPECT_EQ(decisions, 21);
    EXPECT_TRUE(told);
    verify_ok();
}

TEST_F(AsyncTest, AFileTakenAwayIsNoticed) {
    AsyncHistory history(options_);
    history.append(make_decision(1));
    ASSERT_TRUE(history.flush(5000).ok());
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(options_.path + suffix);
    history.append(make_decision(2));
    ASSERT_TRUE(history.flush(5000).ok());
    const auto found = rows();
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[1].action, Action::ENGINE_WARNING);
    EXPECT_NE(found[1].result.find("replaced"), std::string::npos);
}

TEST_F(AsyncTest, KeepsOnlySoManyRows) {
    options_.keep_rows = 100;
    AsyncHistory history(options_);
    for (std::uint64_t i = 1; i <= 1000; i++) {
        history.append(make_decision(i));
        if (i % 50 != 0) continue;
        ASSERT_TRUE(history.flush(5000).ok());
    }
    EXPECT_LE(rows().size(), 170u);
    EXPECT_GE(rows().size(), 100u);
    verify_ok();
}

TEST_F(AsyncTest, ABrokenChainIsToldBeforeOldRowsGo) {
    options_.keep_rows = 20;
    {
        AsyncHistory history(options_);
        for (std::uint64_t i = 1; i <= 10; i++) history.append(make_decision(i));
        ASSERT_TRUE(history.flush(5000).ok());
        tamper(options_.path, "UPDATE rows SET reason = 'none' WHERE row = 3");
        // so few that what is told is among the 20 that stay, in however many batches they are written
        for (std::uint64_t i = 11; i <= 28; i++) history.append(make_decision(i));
        ASSERT_TRUE(history.flush(5000).ok());
    }  // what it tells comes behind the rows that were waited for: its end waits for that, too
    bool told = false;
    for (const Row& row : rows()) told |= row.result.rfind("the chain is broken: row 3", 0) == 0;
    EXPECT_TRUE(told);
}

}  // namespace
}  // namespace quell::history
