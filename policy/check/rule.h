// SPDX-License-Identifier: Apache-2.0
// One entry of spec.rules -> Rule, and the parts that an override may say anew.
#pragma once

#include <optional>

#include "policy/check/checked.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// `node`: with the values of lists and macros in their places. `mode`: its
// policy's. A rule with errors is returned as far as it could be read, so that checks
// over several rules see it; nothing where it has no usable id. Thread-safe.
[[nodiscard]] std::optional<Rule> check_rule(const Node& node, const std::string& policy, Mode mode, Findings& findings);

// Each leaves the rule as it is where the value is missing or wrong.
// Exceptions are added to those that are there. Thread-safe.
void read_severity(const Node* value, Rule& rule, Findings& findings);
void read_mode(const Node* value, Mode& mode, Findings& findings);
void read_exceptions(const Node& node, Rule& rule, Findings& findings);
// Whether the kernel would ask more conditions than it can.
void check_conditions(const Rule& rule, Findings& findings);

}  // namespace quell::policy
