// SPDX-License-Identifier: Apache-2.0
// Trie: the paths below one root, as a tree of directories. Built rule by
// rule, then flattened into the image's edges (flatten.h).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "policy/check/checked.h"

namespace quell::policy {

using RuleList = std::vector<std::uint32_t>;  // ascending, no two equal

struct TrieNode {
    // std::map: the order of names decides ids, and must not depend on chance
    std::map<std::string, std::unique_ptr<TrieNode>, std::less<>> children;
    std::map<std::string, RuleList, std::less<>> leaves;  // /here/name
    RuleList star;                                        // /here/*
    RuleList cover;                                       // /here/**
    RuleList beneath;                                     // paths with wildcards that begin here
};

class Trie {
public:
    // Rules must come in ascending order.
    void add(const Pattern& pattern, std::uint32_t rule);
    // Of a path with wildcards, the directories above the first of them.
    void add_beneath(const Pattern& pattern, std::uint32_t rule);
    [[nodiscard]] const TrieNode& root() const { return root_; }
    // Directories without the root.
    [[nodiscard]] std::size_t nodes() const { return nodes_; }

private:
    TrieNode& directory(const std::vector<std::string_view>& parts);

    TrieNode root_;
    std::size_t nodes_ = 0;
};

// No rule comes before one that is in the list.
void append(RuleList& rules, std::uint32_t rule);
// Both lists in one.
[[nodiscard]] RuleList merged(const RuleList& a, const RuleList& b);

}  // namespace quell::policy
