// SPDX-License-Identifier: Apache-2.0
// `while-pending`: what holds a subject or an object while nobody has decided.
// The form of all its words is final; those that no response can do yet are
// checked, and refused where a policy is applied.
#pragma once

#include <optional>
#include <vector>

#include "policy/check/checked.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// The response that does what a position in kHoldWords says: the one of that
// word, as soon as kern/abi_policy.h has it in QUELL_HOLDABLE. Thread-safe.
[[nodiscard]] std::optional<std::uint32_t> hold_response(std::size_t hold);

// What the rule wants in force while it waits: a mask of QUELL_BIT(QUELL_RESPONSE_…). Thread-safe.
[[nodiscard]] std::uint32_t wanted_responses(const Rule& rule);

// The key of `respond`. Thread-safe.
void read_while_pending(const Node& respond, Rule& rule, Findings& findings);

// When modes are known: of words that nothing can do yet a warning, or, for
// what is to be loaded, an error for each rule that is on. What is observed or
// off responds with nothing anyway.
void tell_unsupported(const std::vector<Rule>& rules, bool to_apply, Findings& findings);

}  // namespace quell::policy
