// SPDX-License-Identifier: Apache-2.0
#include "policy/compile/flatten.h"

#include <algorithm>
#include <iterator>

#include "policy/limits.h"

namespace quell::policy {
namespace {

// The `**` that applies at a directory: the node whose COVER edge holds the
// union of its own and all above, and that union.
struct Cover {
    std::uint32_t node = 0;
    RuleList rules;
};

// Rules below a directory that place operations hit, at most kMaxRulesPerObject.
struct Below {
    RuleList rules;
    bool cut = false;
};

class Flattener {
public:
    explicit Flattener(Flattening& to) : to_(to), place_(place_operations()) {}

    void run(const Trie& trie) {
        const Cover cover = cover_at(trie.root(), to_.root, Cover{});
        quell_edge root = value(trie.root(), to_.root, cover);
        root.next = to_.wild;
        edge(to_.root, QUELL_EDGE_ROOT, {}, root);
        visit(trie.root(), to_.root, cover);
    }

private:
    static Cover cover_at(const TrieNode& node, std::uint32_t id, const Cover& above) {
        return node.cover.empty() ? above : Cover{id, merged(above.rules, node.cover)};
    }

    // What NAME and ROOT edges say of the directory they lead to.
    static quell_edge value(const TrieNode& node, std::uint32_t id, const Cover& cover) {
        quell_edge edge{};
        edge.child = id;
        edge.cover = cover.node;
        if (!node.star.empty() || cover.node != 0) edge.flags |= QUELL_DIR_ALL;
        if (!node.leaves.empty()) edge.flags |= QUELL_DIR_LEAVES;
        return edge;
    }

    void edge(std::uint32_t node, std::uint32_t kind, std::string name, const quell_edge& value) {
        to_.edges->push_back(ImageEdge{node, kind, std::move(name), value});
    }

    void set_edge(std::uint32_t node, std::uint32_t kind, std::string name, const RuleList& rules) {
        quell_edge value{};
        value.set = to_.sets->id(rules);
        edge(node, kind, std::move(name), value);
    }

    void judged_edge(std::uint32_t node, std::uint32_t kind, std::string name, const RuleList& rules) {
        to_.judged(directory(), rules);
        set_edge(node, kind, std::move(name), rules);
    }

    Below visit(const TrieNode& node, std::uint32_t id, const Cover& cover) {
        if (!node.cover.empty()) judged_edge(id, QUELL_EDGE_COVER, {}, cover.rules);
        const RuleList every = merged(node.star, cover.rules);
        if (!node.star.empty()) judged_edge(id, QUELL_EDGE_STAR, {}, every);
        for (const auto& [name, rules] : node.leaves)
            judged_edge(id, QUELL_EDGE_LEAF, name, merged(rules, every));
        // Gathered first and put in order once, in close(): merging them one by
        // one would be quadratic in the entries of a directory.
        Below below;
        gather(below.rules, node.star);
        gather(below.rules, node.cover);
        gather(below.rules, node.beneath);
        for (const auto& [name, rules] : node.leaves) gather(below.rules, rules);
        for (const auto& [name, child] : node.children) {
            const std::uint32_t child_id = to_.next_node++;
            path_.push_back(name);
            const Cover child_cover = cover_at(*child, child_id, cover);
            edge(id, QUELL_EDGE_NAME, name, value(*child, child_id, child_cover));
            const Below deeper = visit(*child, child_id, child_cover);
            below.rules.insert(below.rules.end(), deeper.rules.begin(), deeper.rules.end());
            below.cut = below.cut || deeper.cut;
            path_.pop_back();
        }
        if (to_.below) close(id, below);
        return below;
    }

    void close(std::uint32_t id, Below& below) {
        std::sort(below.rules.begin(), below.rules.end());
        below.rules.erase(std::unique(below.rules.begin(), below.rules.end()), below.rules.end());
        if (below.rules.size() > kMaxRulesPerObject) {
            most_severe(below.rules);
            if (!below.cut) to_.cut(directory());
            below.cut = true;
        }
        if (!below.rules.empty()) set_edge(id, QUELL_EDGE_BELOW, {}, below.rules);
    }

    void gather(RuleList& into, const RuleList& rules) const {
        if (!to_.below) return;
        std::copy_if(rules.begin(), rules.end(), std::back_inserter(into),
                     [&](std::uint32_t rule) { return (to_.rules[rule].operations & place_) != 0; });
    }

    // Cutting each level is exact: who is among the first of all is among the
    // first of its part.
    void most_severe(RuleList& rules) const {
        std::stable_sort(rules.begin(), rules.end(), [&](std::uint32_t a, std::uint32_t b) {
            return to_.rules[a].severity > to_.rules[b].severity;
        });
        rules.resize(kMaxRulesPerObject);
        std::sort(rules.begin(), rules.end());
    }

    [[nodiscard]] std::string directory() const {
        std::string text;
        for (const std::string& part : path_) text += "/" + part;
        return text.empty() ? "/" : text;
    }

    Flattening& to_;
    std::uint64_t place_;
    std::vector<std::string> path_;
};

}  // namespace

void flatten(const Trie& trie, Flattening& to) { Flattener(to).run(trie); }

}  // namespace quell::policy
