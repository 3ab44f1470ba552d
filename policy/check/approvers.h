// SPDX-License-Identifier: Apache-2.0
// `reason-required` and `two-persons`: what a rule asks of those who approve.
#pragma once

#include "policy/check/checked.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// Both keys of `respond`, when `automatic` is read. Thread-safe.
void read_approvers(const Node& respond, Rule& rule, Findings& findings);

// That nobody approves and that two do cannot both be; `value` is what a finding points at.
void guard_approvers(const Rule& rule, const Node& value, Findings& findings);

}  // namespace quell::policy
