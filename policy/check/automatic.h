// SPDX-License-Identifier: Apache-2.0
// Reading `automatic`: the response that a rule approves by itself, and the
// guards around it.
#pragma once

#include "policy/check/checked.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// Of a rule or an override; leaves the rule as it is where the value is
// missing or wrong. "off" takes back what the rule says. Thread-safe.
void read_automatic(const Node* value, Rule& rule, Findings& findings);

// When offers and mode are known: is it offered, and does it take effect?
// `value` is what a finding points at, `automatic` itself or another list of
// offers; nothing is asked where it is missing.
void guard_automatic(const Rule& rule, const Node* value, Findings& findings);

}  // namespace quell::policy
