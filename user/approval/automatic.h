// SPDX-License-Identifier: Apache-2.0
// What a rule approves by itself: whether it may, and how often. The approval
// is one like an operator's, by Decisions. Loop thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "user/history/row.h"
#include "user/incident/store.h"

namespace quell::approval {

// Who decides where a rule does. It is nobody's user id.
inline constexpr std::uint32_t kRuleUid = UINT32_MAX;
[[nodiscard]] history::Who who_rule();
// "policy/id"
[[nodiscard]] std::string rule_name(const incident::RuleFacts& rule);

// What marks a row of such an approval, or of one that was only tried, and the rule that it names.
[[nodiscard]] std::string rule_detail(const std::string& rule);
[[nodiscard]] std::optional<std::string> rule_of_detail(const std::string& detail);

// What the incident's rule asks for: as it was when the incident was made, if the policy that runs still says so.
[[nodiscard]] std::optional<policy::Automatic> automatic_of(incident::Store& store, const incident::Incident& incident);

// The one place that says of an incident, whatever its rule asks for, why a person must decide; "" where a rule may.
[[nodiscard]] std::string why_not_by_rule(const incident::Incident& incident);

// For how long its rule has what that response does follow the workload; 0: not at all, or the response follows none.
[[nodiscard]] std::uint64_t follow_of_rule(const incident::Incident& incident, std::uint32_t response);

// At most so many an hour of each rule, those of earlier daemons included. Times are CLOCK_BOOTTIME, negative before the boot.
class HourGuard {
public:
    static constexpr std::int64_t kHourNs = 3'600'000'000'000;

    // One more now; false: there were `most` within the hour.
    [[nodiscard]] bool take(const std::string& rule, std::uint32_t most, std::int64_t now_ns);
    // The one that was taken at `at_ns` came to nothing.
    void give_back(const std::string& rule, std::int64_t at_ns);
    void remember(const std::string& rule, std::int64_t at_ns);
    // Rows of an earlier daemon; those that are marked count.
    void remember(std::span<const history::Row> rows, std::int64_t now_ns, std::int64_t wall_ns, const std::string& boot_id);
    // It is not known what was done before: nothing until an hour from now.
    void close(std::int64_t now_ns) { closed_until_ns_ = now_ns + kHourNs; }
    [[nodiscard]] bool is_closed(std::int64_t now_ns) const { return now_ns < closed_until_ns_; }

private:
    std::map<std::string, std::deque<std::int64_t>> taken_;  // in no order; what is older than an hour goes at the next take
    std::int64_t closed_until_ns_ = INT64_MIN;
};

}  // namespace quell::approval
