// SPDX-License-Identifier: Apache-2.0
// What a rule costs: which hooks it keeps attached, what one operation takes
// in them, what it puts into the kernel's maps.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "policy/check/checked.h"

namespace quell::policy {

// Instructions that are added to an operation that no rule matches, on 6.12.
struct Cost {
    std::string_view row;  // of the table in docs/performance.md
    std::uint32_t host = 0;
    std::uint32_t container = 0;
};

// Nothing where it was not measured. Thread-safe.
[[nodiscard]] std::optional<Cost> cost_of(std::uint32_t operation);

// Hooks that are attached whatever the rules say.
[[nodiscard]] std::vector<std::string_view> standing_hooks();
// Responses that the rule wants at once, by while-pending or automatic: a mask of QUELL_BIT(QUELL_RESPONSE_…). Their hooks are
// attached as long as the rule is on.
[[nodiscard]] std::uint32_t kept_responses(const Rule& rule);
// Instructions that a call of a hook takes which is attached for a response alone, while nobody is contained: the way into a
// program, which looks at one word, and back. A write on the host with a quarantine armed, in the table of docs/performance.md.
inline constexpr std::uint32_t kKeptCallInstructions = 196;
// Hooks that a response needs beyond those, from the first incident that offers it until some minutes after the last.
[[nodiscard]] std::vector<std::string_view> response_hooks(std::uint32_t response);

// What the rule adds to a map, were it the only one: rules share what they have in common.
struct MapShare {
    std::string_view map;
    std::size_t entries = 0;
};
struct MapShares {
    std::vector<MapShare> maps;  // those with entries
    std::uint64_t bytes = 0;
};
[[nodiscard]] MapShares map_shares(const Rule& rule);

}  // namespace quell::policy
