// SPDX-License-Identifier: Apache-2.0
// What a rule says in vain although each of its words is right: exceptions
// that leave nothing.
#pragma once

#include "policy/check/checked.h"
#include "policy/finding.h"

namespace quell::policy {

// Of the rule's exceptions those that hold whenever the rule does. One alone
// is looked at: several that leave nothing together are not found. Thread-safe.
void guard_shadowed(const Rule& rule, Findings& findings);

}  // namespace quell::policy
