// SPDX-License-Identifier: Apache-2.0
// Trie -> edges. The kernel takes the first of LEAF, STAR and COVER that it
// finds and looks no further, so each of them holds the union of all that
// apply there.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "policy/compile/sets.h"
#include "policy/compile/trie.h"
#include "policy/image.h"

namespace quell::policy {

// What one root's edges are made of and go to.
struct Flattening {
    std::uint32_t root = 0;              // QUELL_NODE_…
    std::uint32_t next_node = 0;         // in, out: the next id to give away
    std::uint32_t wild = 0;              // where paths with wildcards begin: a reference
    bool below = false;                  // BELOW edges too: of the path roots
    std::span<const Rule> rules;         // for their operations and severities
    Sets* sets = nullptr;
    std::vector<ImageEdge>* edges = nullptr;
    // Told the directory and the set that apply there, before it is interned.
    std::function<void(const std::string& directory, const RuleList& rules)> judged;
    // Told the directory whose BELOW set had to be cut to kMaxRulesPerObject;
    // of a chain of directories, the one nearest to the rules.
    std::function<void(const std::string& directory)> cut;
};

// Appends the ROOT edge, then the root's edges in the order of the names.
void flatten(const Trie& trie, Flattening& to);

}  // namespace quell::policy
