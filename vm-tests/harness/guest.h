// SPDX-License-Identifier: Apache-2.0
// What a test needs inside the guest: commands, files, and Quell by its
// command line, as an operator has it.
#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace quell::guest {

using Json = nlohmann::json;

struct Output {
    int status = 0;    // exit status; 128 + signal when it was killed
    std::string text;  // standard output and error
};

// Through the shell; waits.
[[nodiscard]] Output run(const std::string& command);
// The same; fails the running test when it does not succeed.
std::string must(const std::string& command);

// Shell text in single quotes.
[[nodiscard]] std::string quoted(const std::string& text);
void write(const std::string& path, const std::string& text);
[[nodiscard]] std::string random_hex(std::size_t digits);

// Until `done` or the time is over; whether it was done.
bool eventually(const std::function<bool()>& done, std::chrono::milliseconds limit = std::chrono::seconds(20));

// `quell ARGUMENTS --json`: its reply; fails the test when it is no JSON.
[[nodiscard]] Json quell(const std::string& arguments, int* status = nullptr);

[[nodiscard]] std::vector<Json> incidents(bool all = false);
[[nodiscard]] Json show(const std::string& id);
// Waits for one that fits; nothing when there is none in time.
[[nodiscard]] std::optional<Json> wait_for(const std::function<bool(const Json&)>& fits);
// Waits until it is no longer arming.
[[nodiscard]] std::optional<Json> wait_for_pending(const std::function<bool(const Json&)>& fits);
[[nodiscard]] std::string digest_of(const std::string& id, const std::string& response);
// All rows of an incident, oldest first: their actions.
[[nodiscard]] std::vector<std::string> actions_of(const std::string& id);
// The kernel side's counts (kernel_counts.cpp), with a daemon or without one.
[[nodiscard]] std::int64_t counter(const std::string& name);
[[nodiscard]] std::int64_t denied(const std::string& hook);
// What was refused at all hooks, so that a test can say that an innocent operation met none.
[[nodiscard]] std::int64_t denied_anywhere();
// What the kernel side has counted of matches so far, exactly, the moment an operation returns.
[[nodiscard]] std::int64_t matches();
// It was found, the kernel side has counted it since, and the history has a row of it.
void expect_told(const std::optional<Json>& found, std::int64_t matches_before, const std::string& what);
// Rejects what waits, so that a test begins with nothing pending.
void reject_all();

}  // namespace quell::guest
