// SPDX-License-Identifier: Apache-2.0
// Conditions of the checked form -> the array that the kernel asks, one rule
// after the other (kern/match/condition.h).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "kern/abi.h"
#include "policy/check/checked.h"

namespace quell::policy {

// Appends a rule's conditions, and sets its `condition`, `conditions` and
// `needs`. `paths` is told each path that a condition speaks of, with the
// index of that condition.
void add_conditions(const Rule& rule, std::vector<quell_condition>& all, quell_rule& value,
                    const std::function<void(const Pattern&, std::uint32_t)>& paths);

}  // namespace quell::policy
