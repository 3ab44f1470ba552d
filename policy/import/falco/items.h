// SPDX-License-Identifier: Apache-2.0
// What a rule file of Falco says, item by item, before anything is put
// together. Plain data.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "policy/import/falco/placed_text.h"

namespace quell::policy::falco {

// In the order of severity; Falco's words, of which info is informational.
enum class Priority { kEmergency, kAlert, kCritical, kError, kWarning, kNotice, kInformational, kDebug };

[[nodiscard]] std::string_view priority_word(Priority priority);

struct ListItem {
    std::string name;
    Location where;
    std::vector<PlacedText> items;
    bool append = false;
};

struct MacroItem {
    std::string name;
    Location where;
    PlacedText condition;
    bool append = false;
};

// A text of an exception, or texts, or texts and lists of them: fields and
// comps are one or the first, values any.
struct ExceptionEntry {
    Location where;
    bool is_list = false;
    PlacedText text;                    // !is_list
    std::vector<ExceptionEntry> items;  // is_list
};

struct Exception {
    std::string name;
    Location where;
    std::optional<ExceptionEntry> fields;
    std::optional<ExceptionEntry> comps;
    std::vector<ExceptionEntry> values;
};

// What a rule consists of; each is missing where the item does not say it.
struct RuleParts {
    std::optional<PlacedText> condition;
    std::optional<std::string> output;
    std::optional<std::string> description;
    std::optional<Priority> priority;
    std::optional<std::vector<std::string>> tags;
    std::optional<std::string> source;
    std::optional<std::vector<Exception>> exceptions;
    std::optional<bool> enabled;
    std::optional<bool> warn_event_types;
    std::optional<bool> skip_if_unknown_filter;
    std::optional<bool> capture;
};

struct RuleItem {
    std::string name;
    Location where;
    bool defines = false;  // `replaced` is the whole rule, else a change of one
    RuleParts appended;
    RuleParts replaced;
};

struct Requirement {
    std::string plugin;  // empty: Falco's engine
    std::string version;
    Location where;
};

using Item = std::variant<ListItem, MacroItem, RuleItem, Requirement>;

}  // namespace quell::policy::falco
