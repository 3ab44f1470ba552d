// SPDX-License-Identifier: Apache-2.0
#include "policy/automaton/trees.h"

#include "policy/limits.h"

namespace quell::policy::automaton {

Trees::Trees() : nodes_(2), steps_(1) {}

const NodeHits* Trees::find(const Hits& hits, u32 node) {
    const auto at = hits.find(node);
    return at == hits.end() ? nullptr : &at->second;
}

bool Trees::add(const Shape& shape, u32 pattern, u32 output, u32 positions, ByteSets& sets) {
    const std::size_t count = shape.segments.size();
    if (count == 0) {
        // The empty argument; any other one is one that has a first byte.
        end_[kAnchored][output] |= positions;
        if (shape.open_end) reach_[insert(kAnchored, {sets.intern(ByteSet().set().reset(0))}, pattern)][output] |= positions;
    } else if (count == 1) {
        const u32 node = insert(shape.open_start ? kFloating : kAnchored, shape.segments[0], pattern);
        (shape.open_end ? reach_ : end_)[node][output] |= positions;
    } else if (!add_chain(shape, pattern, output, positions)) {
        return false;
    }
    return nodes_.size() <= kMaxAutomatonStates;
}

bool Trees::add_chain(const Shape& shape, u32 pattern, u32 output, u32 positions) {
    u32 parent = 0;
    for (std::size_t i = 0; i < shape.segments.size(); i++) {
        const Segment& segment = shape.segments[i];
        const u32 node = insert(i > 0 || shape.open_start ? kFloating : kAnchored, segment, pattern);
        const bool last = i + 1 == shape.segments.size();
        Step next{parent, static_cast<u32>(segment.size()), 0, 0};
        if (last) next.output = output;
        if (last) next.positions = positions;
        parent = step(parent, node, last && !shape.open_end, next);
        if (steps_.size() > kMaxAutomatonSteps) return false;
    }
    return true;
}

u32 Trees::step(u32 parent, u32 node, bool at_end, const Step& step) {
    const bool last = step.positions != 0;
    std::string key;
    for (u32 part : {parent, node, at_end ? 1u : 0u, last ? step.output + 1 : 0u}) key += std::to_string(part) + ",";
    const auto [at, fresh] = step_ids_.try_emplace(std::move(key), static_cast<u32>(steps_.size()));
    if (fresh) {
        steps_.push_back(step);
        (at_end ? end_ : reach_)[node][step_hit(at->second)] = 0;
    } else {
        steps_[at->second].positions |= step.positions;
    }
    return at->second;
}

u32 Trees::insert(u32 root, const Segment& segment, u32 pattern) {
    u32 node = root;
    for (Symbol symbol : segment) {
        if (symbol < kFirstSet) literal_.set(symbol);
        const auto next = static_cast<u32>(nodes_.size());
        const auto [at, fresh] = children_.try_emplace(std::uint64_t{node} << 32 | symbol, next);
        if (fresh) {
            nodes_[node].edges.push_back(Edge{symbol, next});
            nodes_.push_back(TreeNode{{}, pattern, nodes_[node].wild || symbol >= kFirstSet});
        }
        node = at->second;
    }
    return node;
}

}  // namespace quell::policy::automaton
