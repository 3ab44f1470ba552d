// SPDX-License-Identifier: Apache-2.0
// Positions in paths with wildcards -> the automaton that the kernel steps
// through beside the trie: a state stands for the positions held in a
// directory. kern/abi_policy.h has its edges, docs/design/020 the reasons.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "policy/compile/sets.h"
#include "policy/compile/wild_tree.h"
#include "policy/image.h"

namespace quell::policy {

// Of all roots together, so that states are numbered once.
struct WildNumbers {
    std::uint32_t next_stay = 1;
    std::uint32_t next_stay_all = QUELL_WILD_STAY_ALL;
    std::uint32_t next = QUELL_WILD_STAY;
    std::size_t work = 0;  // positions gone through, of all steps
};

struct WildAutomaton {
    std::uint32_t first = 0;  // a reference (QUELL_WILD_REFERENCE), 0: there is none
    std::size_t most_rules = 0;  // on one entry, at most
    // Beyond a bound: the patterns that multiply, and nothing else is valid.
    bool is_too_large = false;
    std::vector<const Pattern*> multiplying;
};

// Appends edges and pieces. `judged` is told each set before it is interned.
[[nodiscard]] WildAutomaton build_wild(const WildTree& tree, WildNumbers& numbers, Sets& sets, Image& image,
                                       const std::function<void(const std::string& directory, const RuleList& rules)>& judged);

// The name of a PAIR edge: the numbers of the pieces before and behind the star, 0 for none.
[[nodiscard]] std::string pair_name(std::uint32_t head, std::uint32_t tail);

}  // namespace quell::policy
