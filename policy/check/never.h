// SPDX-License-Identifier: Apache-2.0
// What a rule says in vain although each of its words is right: exceptions
// that leave nothing, conditions that an operation never meets.
#pragma once

#include "policy/check/checked.h"
#include "policy/finding.h"

namespace quell::policy {

// Whether the operation knows a value of the field (QUELL_FIELD_…).
[[nodiscard]] bool has_field(std::uint32_t operation, std::uint32_t field);

// Of the rule's exceptions those that hold whenever the rule does. One alone
// is looked at: several that leave nothing together are not found. Thread-safe.
void guard_shadowed(const Rule& rule, Findings& findings);

// Conditions of `where` and `match` on what one of the rule's operations never has. Thread-safe.
void guard_fields(const Rule& rule, Findings& findings);

}  // namespace quell::policy
