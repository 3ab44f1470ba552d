// SPDX-License-Identifier: Apache-2.0
// Paths with wildcards below one root as a tree of positions: several of them
// are held at once in one directory (wild.h makes an automaton of that).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "policy/check/name_pattern.h"
#include "policy/compile/trie.h"

namespace quell::policy {

using Glob = std::pair<std::string, std::string>;  // what stands before and behind the star; not both empty

[[nodiscard]] inline bool glob_matches(const Glob& glob, std::string_view name) {
    return name.size() >= glob.first.size() + glob.second.size() && name.starts_with(glob.first) && name.ends_with(glob.second);
}

// A position: what is left of some patterns in a directory.
struct WildNode {
    std::map<std::string, std::uint32_t, std::less<>> names;
    std::map<Glob, std::uint32_t> globs;
    std::uint32_t any = 0;      // a directory of any name; 0: none
    std::uint32_t loop = 0;     // behind a **, held in this directory, too; 0: none
    bool is_loop = false;       // held in every directory below, too
    std::map<std::string, RuleList, std::less<>> leaves;
    std::map<Glob, RuleList> leaf_globs;
    RuleList every;             // of every entry
    const Pattern* example = nullptr;  // one that leads here
};

class WildTree {
public:
    WildTree() { nodes_.emplace_back(); }
    // Rules must come in ascending order; the pattern must outlive the tree.
    void add(const Pattern& pattern, std::uint32_t rule);
    [[nodiscard]] const WildNode& operator[](std::uint32_t node) const { return nodes_[node]; }
    [[nodiscard]] bool empty() const { return is_empty_; }

private:
    std::uint32_t new_node(const Pattern& pattern);

    std::vector<WildNode> nodes_;  // 0: the root
    bool is_empty_ = true;
};

}  // namespace quell::policy
