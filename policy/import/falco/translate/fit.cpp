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
    std::size_t count = conditions_of(draft.conditions);
    for (const Clause& exception : draft.exceptions) count += conditions_of(exception);
    const auto is_less = [](const Clause& a, const Clause& b) { return conditions_of(a) < conditions_of(b); };
    while (!draft.exceptions.empty() && (count > kMaxConditionsPerRule - kReserve || draft.exceptions.size() > kMaxExceptionsPerRule)) {
        const auto most = std::max_element(draft.exceptions.rbegin(), draft.exceptions.rend(), is_less);
        count -= conditions_of(*most);
        draft.exceptions.erase(std::next(most).base());
    }
    const std::size_t left = draft.exceptions.size();
    if (left == before) return std::nullopt;
    return Note{Change::kWider, "exceptions are left out, " + std::to_string(before - left) + " of " + std::to_string(before) + ": a rule asks for at most " +
                                    std::to_string(kMaxConditionsPerRule) + " conditions"};
}

}  // namespace quell::policy::falco
