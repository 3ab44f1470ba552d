// SPDX-License-Identifier: Apache-2.0
#include "policy/compile/wild_tree.h"

namespace quell::policy {

std::uint32_t WildTree::new_node(const Pattern& pattern) {
    nodes_.emplace_back().example = &pattern;
    return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void WildTree::add(const Pattern& pattern, std::uint32_t rule) {
    is_empty_ = false;
    const std::vector<NamePattern> parts = name_patterns(pattern);
    std::uint32_t at = 0;
    for (std::size_t i = 0; i < parts.size(); i++) {
        const NamePattern& part = parts[i];
        const bool is_any = part.star && part.head.empty() && part.tail.empty();
        if (i + 1 == parts.size() && !part.deep) {
            WildNode& node = nodes_[at];
            append(is_any ? node.every : part.star ? node.leaf_globs[{part.head, part.tail}] : node.leaves[part.head], rule);
            return;
        }
        const auto slot = [&]() -> std::uint32_t& {
            WildNode& node = nodes_[at];
            if (part.deep) return node.loop;
            if (is_any) return node.any;
            return part.star ? node.globs[{part.head, part.tail}] : node.names[part.head];
        };
        std::uint32_t next = slot();
        if (next == 0) {
            next = new_node(pattern);  // may move the nodes: the slot is looked up again
            slot() = next;
            nodes_[next].is_loop = part.deep;
        }
        at = next;
        if (i + 1 == parts.size()) append(nodes_[at].every, rule);
    }
}

}  // namespace quell::policy
