// SPDX-License-Identifier: Apache-2.0
// Snapshot: one answer of the daemon to Incidents, with everything that takes
// longer the more incidents there are: text for the filter, and the orders.
// It is made beside the screen's thread and never changed. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "user/control/json.h"

namespace quell::cli::console {

using control::Json;

// The next key is the next of these. Each is by what its word says first, then the newest first.
enum class Sort : std::uint8_t { Age, Severity, State, Rule };
inline constexpr std::array<std::string_view, 4> kSortWords = {"newest", "severity", "state", "rule"};

// More than any daemon returns; what is beyond is not kept.
inline constexpr std::size_t kSnapshotRowsMax = 20'000;

// Safe text, cut to what a row of the list can show.
struct Row {
    std::string id, name, severity, state, subject, process, object, pod, image, offers;
    std::string searched;  // id, rule, name, subject, state, severity; small letters
    std::int64_t age_s = 0;
    std::int64_t time_left_s = 0;
    bool waits = false;  // for a decision
    bool has_first = false;  // the first of two persons approved it
};

struct Snapshot {
    std::vector<Row> rows;
    std::array<std::vector<std::uint32_t>, kSortWords.size()> orders;  // positions in `rows`
    std::map<std::string, std::uint32_t, std::less<>> positions;  // of ids
    std::size_t waiting = 0;
};

// From the reply's parameters. What is missing or of another type is shown as "-".
[[nodiscard]] std::shared_ptr<const Snapshot> make_snapshot(const Json& reply);

// ASCII only: what is typed is compared with it.
[[nodiscard]] std::string small_letters(std::string_view text);

// Whether an incident in this state can be approved or rejected.
[[nodiscard]] bool waits_for_decision(std::string_view state);
// critical 4 ... info 0; what is no severity is below.
[[nodiscard]] int severity_rank(std::string_view severity);

}  // namespace quell::cli::console
