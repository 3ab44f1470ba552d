// SPDX-License-Identifier: Apache-2.0
// Literal text alone makes no more states than it has nodes, and those were
// counted before. What multiplies is a set of bytes behind a star: its nodes
// are in most of the states, the more the dearer.
#include "policy/automaton/dear.h"

#include <algorithm>

namespace quell::policy::automaton {
namespace {

constexpr std::size_t kShown = 3;

}  // namespace

std::vector<u32> dearest(const Trees& trees, const StateSets& sets) {
    std::vector<std::size_t> seen(1);  // by pattern
    for (u32 state = 0; state < sets.size(); state++)
        for (u32 node : sets.of(state)) {
            const TreeNode& at = trees.nodes()[node];
            seen.resize(std::max<std::size_t>(seen.size(), at.pattern + 1));
            if (at.wild) seen[at.pattern]++;
        }
    std::vector<u32> patterns;
    for (u32 pattern = 0; pattern < seen.size(); pattern++)
        if (seen[pattern] > 0) patterns.push_back(pattern);
    if (patterns.empty()) patterns.push_back(static_cast<u32>(seen.size() - 1));
    std::stable_sort(patterns.begin(), patterns.end(), [&](u32 a, u32 b) { return seen[a] > seen[b]; });
    // A tenth of the dearest one's is not what made them many.
    while (patterns.size() > kShown || seen[patterns.back()] * 10 < seen[patterns.front()]) patterns.pop_back();
    return patterns;
}

}  // namespace quell::policy::automaton
