// SPDX-License-Identifier: Apache-2.0
// A rule as the values of its keys, in words: what `policy show` prints and
// `policy diff` compares. A new key of the language is one row in
// rule_keys.cpp and appears in both.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/check/checked.h"

namespace quell::policy {

enum class KeyShape {
    kText,  // exactly one value
    kSet,   // the order of the values means nothing; sorted
    kList,  // it does
};

struct KeyValue {
    std::string_view key;             // dotted: "match.path"; "except.exe" stands for all exceptions together
    KeyShape shape = KeyShape::kText;
    std::vector<std::string> values;  // as a policy would write them, raw: escape before printing
    bool is_default = false;          // what the key's absence stands for
};

// Every key that is part of the rule's meaning, with its effective value, but
// policy and id. Thread-safe.
[[nodiscard]] std::vector<KeyValue> key_values(const Rule& rule);

// "policy/id"
[[nodiscard]] std::string full_name(const Rule& rule);

// In the largest unit that says it exactly: "1h", "90s". What is no whole
// number of seconds is cut.
[[nodiscard]] std::string duration_text(std::uint64_t ns);

}  // namespace quell::policy
