// SPDX-License-Identifier: Apache-2.0
// All segments of all patterns in two trees: of those that stand at an
// argument's beginning, and of those that may stand anywhere. A node is the
// nondeterministic automaton's state; what it reports hangs on it. Not
// thread-safe.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "policy/automaton/segments.h"
#include "policy/automaton/table.h"

namespace quell::policy::automaton {

struct Edge {
    Symbol symbol = 0;
    u32 child = 0;
};

struct TreeNode {
    std::vector<Edge> edges;
    u32 pattern = 0;    // the first that needed it, by its number
    bool wild = false;  // a set of bytes leads here: the only kind that can multiply states
};

// What is reported at a node: hit (as in table.h, but positions apart) -> positions.
using NodeHits = std::map<u32, u32>;

class Trees {
public:
    static constexpr u32 kAnchored = 0;  // the two roots
    static constexpr u32 kFloating = 1;

    Trees();

    // False where there are more nodes than kMaxAutomatonStates, or more steps
    // than kMaxAutomatonSteps; nothing can be built of this then.
    [[nodiscard]] bool add(const Shape& shape, u32 pattern, u32 output, u32 positions, ByteSets& sets);

    [[nodiscard]] const std::vector<TreeNode>& nodes() const { return nodes_; }
    // nullptr: nothing.
    [[nodiscard]] const NodeHits* reach(u32 node) const { return find(reach_, node); }
    [[nodiscard]] const NodeHits* end(u32 node) const { return find(end_, node); }
    [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
    [[nodiscard]] const ByteSet& literal() const { return literal_; }

private:
    using Hits = std::unordered_map<u32, NodeHits>;
    static const NodeHits* find(const Hits& hits, u32 node);
    u32 insert(u32 root, const Segment& segment, u32 pattern);
    bool add_chain(const Shape& shape, u32 pattern, u32 output, u32 positions);
    // The step that goes on, or with positions reports.
    u32 step(u32 parent, u32 node, bool at_end, const Step& step);

    std::vector<TreeNode> nodes_;
    std::unordered_map<std::uint64_t, u32> children_;  // node << 32 | symbol
    Hits reach_, end_;
    std::vector<Step> steps_;  // [0] is unused
    std::unordered_map<std::string, u32> step_ids_;
    ByteSet literal_;
};

}  // namespace quell::policy::automaton
