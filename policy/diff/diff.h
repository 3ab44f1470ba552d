// SPDX-License-Identifier: Apache-2.0
// What differs in meaning between two sets of policies: order, spelling,
// comments and descriptions do not.
#pragma once

#include <string>
#include <vector>

#include "policy/check/checked.h"
#include "policy/describe/rule_keys.h"

namespace quell::policy {

struct KeyChange {
    std::string key;  // as in KeyValue; kUnknownKey where the meaning differs in none of them
    KeyShape shape = KeyShape::kText;
    std::vector<std::string> before;
    std::vector<std::string> after;
};
inline constexpr const char* kUnknownKey = "?";

struct RuleChange {
    std::string rule;  // "policy/id"
    std::vector<KeyChange> keys;  // not empty
};

// Each list in the order of the names.
struct Difference {
    std::vector<std::string> added;  // "policy/id", only in the second
    std::vector<std::string> removed;
    std::vector<RuleChange> changed;

    [[nodiscard]] bool empty() const { return added.empty() && removed.empty() && changed.empty(); }
};

// Both as check() makes them, without errors. Whether a rule changed is said
// by its digest, so that a key without a row in rule_keys.cpp is not
// overlooked. Thread-safe.
[[nodiscard]] Difference difference(const Checked& before, const Checked& after);

}  // namespace quell::policy
