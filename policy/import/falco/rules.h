// SPDX-License-Identifier: Apache-2.0
// Falco rule files -> rules without macros, lists and exceptions. What Falco
// calls a rule is one here too; translating it is somebody else's work.
//
// Where it differs from Falco: lists within lists are followed however deep
// (lists.h); what Falco would refuse because a name is followed by no blank is
// read; anchors and duplicate keys are refused; which fields exist is not
// checked, so that a translator can name those that it has no word for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "policy/finding.h"
#include "policy/import/falco/expression.h"
#include "policy/import/falco/items.h"

namespace quell::policy::falco {

struct Rule {
    std::string name;
    Location where;
    std::string description;
    std::string output;  // Falco's format, unread
    Priority priority{};
    std::string source;  // "syscall" unless it says otherwise
    std::vector<std::string> tags;
    bool enabled = true;
    bool warn_event_types = true;
    bool skip_if_unknown_filter = false;
    bool capture = false;
    ExpressionPtr condition;          // no kMacro in it, at most kMaxFalcoTreeNodes
    std::vector<std::string> macros;  // that it uses, directly or not, sorted
    std::vector<std::string> lists;   // likewise
};

struct Rules {
    std::vector<Rule> rules;  // in the order of their first definitions
    std::vector<Requirement> requirements;
};

// The files in their order: later ones see and change what earlier ones hold.
// Bounded in time and memory, whatever they are. A rule with an error is left
// out, so the result is whole only if `findings` has no errors afterwards.
// Thread-safe.
[[nodiscard]] Rules read_rules(std::span<const SourceText> sources, Findings& findings);

}  // namespace quell::policy::falco
