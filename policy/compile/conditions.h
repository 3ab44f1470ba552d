// SPDX-License-Identifier: Apache-2.0
// Conditions of the checked form -> the array that the kernel asks, one rule
// after the other (kern/match/condition.h).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "kern/abi.h"
#include "policy/check/checked.h"
#include "policy/identity/named.h"

namespace quell::policy {

// Who is told each path and each network that a condition speaks of, with the
// index of that condition.
struct Asking {
    std::function<void(const Pattern&, std::uint32_t)> path;
    std::function<void(const Pattern&, std::uint32_t)> cgroup;  // a path, too, of another tree
    std::function<void(const Network&, std::uint32_t)> network;
    // The index of an identity, by which the kernel knows it.
    std::function<std::uint32_t(const Identity&)> identity;
    std::function<std::vector<std::uint32_t>(const Condition&)> outputs;  // of a condition on texts: it holds if one of them is set
};

// Appends a rule's conditions, and sets its `condition`, `conditions` and
// `needs`. The address by which it is found is none of them.
void add_conditions(const Rule& rule, std::vector<quell_condition>& all, quell_rule& value, const Asking& asking);

}  // namespace quell::policy
