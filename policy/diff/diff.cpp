// SPDX-License-Identifier: Apache-2.0
#include "policy/diff/diff.h"

#include <map>
#include <span>

#include "policy/compile/digest.h"

namespace quell::policy {
namespace {

using Rules = std::map<std::string, const Rule*>;

Rules by_name(const Checked& checked) {
    Rules rules;
    for (const Rule& rule : checked.rules) rules.emplace(full_name(rule), &rule);
    return rules;
}

std::vector<KeyChange> key_changes(const Rule& before, const Rule& after) {
    if (meaning_digest(std::span(&before, 1)) == meaning_digest(std::span(&after, 1))) return {};
    std::vector<KeyChange> changes;
    std::vector<KeyValue> old_values = key_values(before);
    std::vector<KeyValue> new_values = key_values(after);  // the same keys in the same order
    for (std::size_t i = 0; i < old_values.size(); i++)
        if (old_values[i].values != new_values[i].values)
            changes.push_back(KeyChange{std::string(old_values[i].key), old_values[i].shape, std::move(old_values[i].values),
                                        std::move(new_values[i].values)});
    if (changes.empty()) changes.push_back(KeyChange{kUnknownKey, KeyShape::kText, {"?"}, {"?"}});
    return changes;
}

}  // namespace

Difference difference(const Checked& before, const Checked& after) {
    Difference result;
    const Rules old_rules = by_name(before);
    const Rules new_rules = by_name(after);
    for (const auto& [name, rule] : old_rules) {
        const auto found = new_rules.find(name);
        if (found == new_rules.end())
            result.removed.push_back(name);
        else if (auto keys = key_changes(*rule, *found->second); !keys.empty())
            result.changed.push_back(RuleChange{name, std::move(keys)});
    }
    for (const auto& [name, rule] : new_rules)
        if (!old_rules.contains(name)) result.added.push_back(name);
    return result;
}

}  // namespace quell::policy
