// SPDX-License-Identifier: Apache-2.0
// Which patterns multiplied the states.
#pragma once

#include <vector>

#include "policy/automaton/state_sets.h"
#include "policy/automaton/trees.h"

namespace quell::policy::automaton {

// At most three, the dearest first, at least one. Reads each set twice at most.
[[nodiscard]] std::vector<u32> dearest(const Trees& trees, const StateSets& sets);

}  // namespace quell::policy::automaton
