// SPDX-License-Identifier: Apache-2.0
// Rows for tests, and a way to do to a history's file what History never does.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>
#include <vector>

#include "user/history/history.h"

namespace quell::history {

inline Entry make_entry(Action action, std::uint64_t incident, std::string result = "ok") {
    Entry entry;
    Row& row = entry.row;
    row.boot_ns = 1000 + incident;
    row.wall_ns = 1'772'356'087'000'000'000;
    row.boot_id = "11111111-2222-3333-4444-555555555555";
    row.action = action;
    row.incident = incident;
    row.generation = 1;
    row.subject = "container web";
    row.result = std::move(result);
    return entry;
}

inline Entry make_decision(std::uint64_t incident) {
    Entry entry = make_entry(Action::APPROVED, incident);
    entry.row.response = "kill-container";
    entry.row.who = Who{0, "root", 1000, "anna", 4711, "/user.slice"};
    entry.row.reason = "wiped its logs";
    entry.row.latency.detected_to_approved_us = 12'000'000;
    entry.row.detail = R"({"digest":"ab12"})";
    return entry;
}

inline Entry with_snapshot(Entry entry, std::string state, std::string json = R"({"count":1})") {
    entry.snapshot = Snapshot{entry.row.incident, std::move(state), R"({"id":"clear-log-activities"})", std::move(json)};
    return entry;
}

inline Entry make_generation(std::uint64_t generation) {
    Entry entry = make_entry(Action::POLICY_APPLIED, 0);
    entry.row.generation = generation;
    entry.generation = Generation{generation, "digest" + std::to_string(generation), "[]"};
    return entry;
}

inline void append(History& history, std::vector<Entry> entries) {
    const Status appended = history.append(entries);
    ASSERT_TRUE(appended.ok()) << appended.error().message;
}

inline void tamper(const std::string& path, const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
}

}  // namespace quell::history
