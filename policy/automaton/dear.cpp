// SPDX-License-Identifier: Apache-2.0
// Literal text alone makes no more states than it has nodes, and those were
// counted before. What multiplies is a set of bytes behind a star: its nodes
// are in most of the states, the more the dearer.
#include "policy/automaton/dear.h"

#include <algorithm>
#include <numeric>

namespace quell::policy::automaton {
namespace {

constexpr std::size_t kShown = 3;

// By pattern: in how many sets its nodes are.
std::vector<std::size_t> count(const Trees& trees, const StateSets& sets, bool only_wild) {
    u32 patterns = 1;
    for (const TreeNode& node : trees.nodes()) patterns = std::max(patterns, node.pattern + 1);
    std::vector<std::size_t> seen(patterns);
    for (u32 state = 0; state < sets.size(); state++)
        for (u32 node : sets.of(state)) {
            const TreeNode& at = trees.nodes()[node];
            if (at.wild || !only_wild) seen[at.pattern]++;
        }
    return seen;
}

}  // namespace

std::vector<u32> dearest(const Trees& trees, const StateSets& sets) {
    std::vector<std::size_t> seen = count(trees, sets, true);
    if (std::ranges::count(seen, 0u) == std::ssize(seen)) seen = count(trees, sets, false);
    std::vector<u32> patterns(seen.size());
    std::iota(patterns.begin(), patterns.end(), 0u);
    std::ranges::stable_sort(patterns, [&](u32 a, u32 b) { return seen[a] > seen[b]; });
    // A tenth of the dearest one's is not what made them many.
    while (patterns.size() > kShown || seen[patterns.back()] * 10 < seen[patterns.front()]) patterns.pop_back();
    return patterns;
}

}  // namespace quell::policy::automaton
