// SPDX-License-Identifier: Apache-2.0
// The trees made deterministic: a state for each set of nodes that some bytes
// lead to. Of literal text there are no more states than nodes; sets of bytes
// behind a star can multiply them, so states and work are bounded.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policy/automaton/trees.h"

namespace quell::policy::automaton {

struct Arc {
    std::uint32_t byte_class = 0;
    u32 next = 0;
};

// States are numbered in the order found: [kStart] is where arguments begin,
// [kElsewhere] where nothing is remembered. A state that bytes x, y, z led to
// goes on, for most classes, as the one that z alone leads to: after z, few
// texts go on. So there is a row of next states for each of those, and a state
// has arcs only where it leads somewhere else.
struct Deterministic {
    static constexpr u32 kStart = 0;
    static constexpr u32 kElsewhere = 1;

    std::vector<std::vector<u32>> rows;  // by row and class; [0] is kElsewhere's
    std::vector<u32> row_of;             // by state
    std::vector<Arc> arcs;               // of all states, those of one ascend by class
    std::vector<std::size_t> first;      // by state: its first arc; one more at the end
    std::vector<HitLists> hit_lists;     // by state
    std::vector<u32> hits;               // interned lists, each ascending
    std::size_t lists = 0;               // how many
    u32 longest_list = 0;
    std::uint64_t work = 0;
    std::vector<u32> dear;               // patterns whose nodes are in most states, should the cells not be enough

    [[nodiscard]] std::size_t states() const { return row_of.size(); }
    [[nodiscard]] std::span<const Arc> arcs_of(u32 state) const {
        return std::span(arcs).subspan(first[state], first[state + 1] - first[state]);
    }
};

// Why there is none, and whose fault it is.
struct TooMuch {
    std::string what;            // safe to print
    std::string hint;
    std::vector<u32> patterns;   // the dearest first, at least one
};

// Bounded by kMaxAutomatonStates and kMaxAutomatonWork. Fills `to`, which is of no use if something is returned.
[[nodiscard]] std::optional<TooMuch> determine(const Trees& trees, const ByteClasses& classes, Deterministic& to);

}  // namespace quell::policy::automaton
