// SPDX-License-Identifier: Apache-2.0
// `while-pending`: what holds a subject or an object while nobody has decided.
#pragma once

#include <cstddef>
#include <cstdint>

#include "policy/check/checked.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// The response that does what a position in kHoldWords says: the one of that
// word, which kern/abi_policy.h has in QUELL_HOLDABLE. Thread-safe.
[[nodiscard]] std::uint32_t hold_response(std::size_t hold);

// What the rule wants in force while it waits: a mask of QUELL_BIT(QUELL_RESPONSE_…). Thread-safe.
[[nodiscard]] std::uint32_t wanted_responses(const Rule& rule);

// The key of `respond`. Thread-safe.
void read_while_pending(const Node& respond, Rule& rule, Findings& findings);

}  // namespace quell::policy
