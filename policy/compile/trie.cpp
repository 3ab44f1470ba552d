// SPDX-License-Identifier: Apache-2.0
#include "policy/compile/trie.h"

#include <algorithm>
#include <iterator>

#include "policy/check/name_pattern.h"

namespace quell::policy {

void append(RuleList& rules, std::uint32_t rule) {
    if (rules.empty() || rules.back() != rule) rules.push_back(rule);
}

void Trie::add(const Pattern& pattern, std::uint32_t rule) {
    std::vector<std::string_view> parts = components(pattern.base);
    std::string leaf;
    if (pattern.kind == Pattern::Kind::kExact) {
        leaf = parts.back();
        parts.pop_back();
    }
    TrieNode* node = &directory(parts);
    switch (pattern.kind) {
        case Pattern::Kind::kWild: break;
        case Pattern::Kind::kExact: append(node->leaves[leaf], rule); break;
        case Pattern::Kind::kStar: append(node->star, rule); break;
        case Pattern::Kind::kCover: append(node->cover, rule); break;
    }
}

void Trie::add_beneath(const Pattern& pattern, std::uint32_t rule) {
    const std::string path = literal_directory(pattern);
    append(directory(components(path)).beneath, rule);
}

TrieNode& Trie::directory(const std::vector<std::string_view>& parts) {
    TrieNode* node = &root_;
    for (std::string_view part : parts) {
        std::unique_ptr<TrieNode>& child = node->children[std::string(part)];
        if (!child) {
            child = std::make_unique<TrieNode>();
            nodes_++;
        }
        node = child.get();
    }
    return *node;
}

RuleList merged(const RuleList& a, const RuleList& b) {
    RuleList both;
    both.reserve(a.size() + b.size());
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    return both;
}

}  // namespace quell::policy
