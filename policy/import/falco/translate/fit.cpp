// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/fit.h"

#include <algorithm>

#include "policy/limits.h"

namespace quell::policy::falco {
namespace {

// A text that many rules ask for is a condition by itself where it stands in a list.
constexpr std::size_t kReserve = 16;

// Of what is one condition however long its list is; of numbers and words each is one.
bool is_one(std::string_view key) {
    static constexpr std::string_view kKeys[] = {"exe", "parent", "ancestor", "path", "arguments", "environment", "target", "address"};
    return key.starts_with("container.") || std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys);
}

std::size_t conditions_of(const Entry& entry) {
    if (!is_one(entry.key)) return entry.values.size();
    return (entry.values.size() + kMaxValuesPerCondition - 1) / kMaxValuesPerCondition;  // as it is written
}

std::size_t conditions_of(const Clause& clause) {
    std::size_t count = 0;
    for (const Entry& entry : clause) count += conditions_of(entry);
    return count;
}

}  // namespace

std::optional<Note> fit(Draft& draft) {
    const std::size_t before = draft.exceptions.size();
    std::vector<std::pair<std::size_t, std::size_t>> order;  // what it takes, and its place
    for (std::size_t i = 0; i < before; i++) order.emplace_back(conditions_of(draft.exceptions[i]), i);
    std::sort(order.begin(), order.end());
    std::size_t count = conditions_of(draft.conditions), kept = 0;
    while (kept < before && kept < kMaxExceptionsPerRule && count + order[kept].first <= kMaxConditionsPerRule - kReserve) count += order[kept++].first;
    if (kept == before) return std::nullopt;
    order.resize(kept);
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    std::vector<Clause> exceptions;
    for (const auto& [takes, place] : order) exceptions.push_back(std::move(draft.exceptions[place]));
    draft.exceptions = std::move(exceptions);
    return Note{Change::kWider, "exceptions are left out, " + std::to_string(before - kept) + " of " + std::to_string(before) + ": a rule asks for at most " +
                                    std::to_string(kMaxConditionsPerRule) + " conditions"};
}

}  // namespace quell::policy::falco
