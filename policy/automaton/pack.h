// SPDX-License-Identifier: Apache-2.0
// Deterministic -> Table.
#pragma once

#include <optional>
#include <vector>

#include "policy/automaton/subsets.h"
#include "policy/automaton/table.h"

namespace quell::policy::automaton {

struct Packed {
    Table table;
    std::size_t rows = 0;   // default rows
    std::size_t cells = 0;  // in use
};

// Nothing where kMaxAutomatonCells are not enough. States are renumbered:
// those that report come first.
[[nodiscard]] std::optional<Packed> pack(const Deterministic& from, const ByteClasses& classes, const std::vector<Step>& steps);

}  // namespace quell::policy::automaton
