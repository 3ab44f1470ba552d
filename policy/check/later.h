// SPDX-License-Identifier: Apache-2.0
// `while-pending`: its form is final, what it asks for comes later. It is read
// and checked, and refused where a policy is applied.
#pragma once

#include <vector>

#include "policy/check/checked.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// The key of `respond`. Thread-safe.
void read_later(const Node& respond, Rule& rule, Findings& findings);

// When modes are known: a warning, or, for what is to be loaded, an error for
// each rule that is on. What is observed or off responds with nothing anyway.
void tell_later(const std::vector<Rule>& rules, bool to_apply, Findings& findings);

}  // namespace quell::policy
