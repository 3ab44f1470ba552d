// SPDX-License-Identifier: Apache-2.0
// What must hold for an image's numbers and indexes. A file may have any; the
// loader and whoever shows an image follow them without asking again.
#include <algorithm>
#include <cerrno>
#include <set>
#include <tuple>
#include <unordered_map>

#include "policy/check/field_table.h"
#include "policy/check/words.h"
#include "policy/compile/digest.h"
#include "policy/imagefile/image_file.h"
#include "policy/imagefile/valid_conditions.h"
#include "policy/limits.h"
#include "user/base/vocabulary.h"

namespace quell::policy {
namespace {

constexpr std::uint32_t kSubjects = QUELL_SUBJECT_HOST | QUELL_SUBJECT_CONTAINER;
constexpr std::uint32_t kRuleFlags = QUELL_RULE_DENY | QUELL_RULE_SILENT;
constexpr std::uint32_t kEdgeFlags = QUELL_DIR_ALL | QUELL_DIR_LEAVES;
constexpr std::uint32_t kLastRoot = QUELL_NODE_ASK_CGROUP;
constexpr std::uint32_t kFirstAskRoot = QUELL_NODE_ASK_CONTAINER;

bool is_digest(std::string_view text) { return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

bool is_label(std::string_view text, std::size_t most) { return !text.empty() && text.size() <= most && is_printable(text, false); }

bool is_component(std::string_view name) {
    return !name.empty() && name.size() <= kMaxComponentBytes && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
           name.find('\0') == std::string_view::npos;
}

class Validator {
public:
    explicit Validator(const Image& image) : image_(image) {}

    // "" where all is well.
    std::string run() {
        if (!is_digest(image_.digest)) return "the digest is none";
        if (image_.rules.empty() || image_.rules.size() > kMaxRules + 1 || !image_.rules[0].is_builtin()) return "the number or order of rules";
        std::uint64_t operations = 0;
        for (std::size_t i = 0; i < image_.rules.size(); i++) {
            if (!rule(image_.rules[i])) return at("rule", i);
            operations |= image_.rules[i].value.operations;
        }
        if (operations != image_.operations) return "the operations of all rules together";
        if (image_.edges.size() > kMaxImageEdges) return std::to_string(image_.edges.size()) + " edges, of which the kernel's map takes " + std::to_string(kMaxImageEdges);
        for (std::size_t i = 0; i < image_.sets.size(); i++)
            if (!set(image_.sets[i], i + 1)) return at("set", i);
        for (std::size_t i = 0; i < image_.edges.size(); i++)
            if (!edge(image_.edges[i])) return at("edge", i);
        if (const std::string where = roots_and_covers(); !where.empty()) return where;
        if (const std::string where = valid_conditions(image_); !where.empty()) return where;
        for (std::size_t i = 0; i < image_.pieces.size(); i++)
            if (!piece(i)) return at("piece", i);
        for (const auto& [state, root] : wild_)
            if (!keys_.contains({QUELL_WILD_NODE(state), QUELL_EDGE_OTHER, std::string_view{}})) return at("no edge of state", state);
        if (image_.networks.size() > kMaxNetworks) return "the number of networks";
        for (std::size_t i = 0; i < image_.networks.size(); i++)
            if (!network(i)) return at("network", i);
        if (image_.members.size() > kMaxMembers) return "the number of members";
        for (std::size_t i = 0; i < image_.members.size(); i++)
            if (!member(i)) return at("member", i);
        return {};
    }

private:
    struct Node {
        std::uint32_t root = 0;
        std::size_t depth = 0;       // components of its path
        std::size_t path_bytes = 0;  // without a slash at its end
    };

    static std::string at(const char* what, std::size_t index) { return std::string(what) + " " + std::to_string(index); }

    static bool rule(const ImageRule& rule) {
        const quell_rule& value = rule.value;
        if (!is_name(rule.policy) || !is_name(rule.id) || value.id != rule_id(rule.policy, rule.id)) return false;
        if (!is_label(rule.name, kMaxTitleBytes) || rule.file.size() > kMaxPathBytes || rule.file.find('\0') != std::string::npos) return false;
        if (rule.tags.size() > kMaxTags || rule.offers.size() > QUELL_RESPONSE_COUNT) return false;
        for (const std::string& tag : rule.tags)
            if (!is_label(tag, kMaxTagBytes)) return false;
        std::uint32_t offers = 0;
        for (const std::uint32_t offer : rule.offers) {
            if (offer >= QUELL_RESPONSE_COUNT || (offers & QUELL_BIT(offer)) != 0) return false;
            offers |= QUELL_BIT(offer);
        }
        if (const auto& it = rule.automatic; it && (it->response >= QUELL_RESPONSE_COUNT || (offers & QUELL_BIT(it->response)) == 0 || it->per_hour == 0 || it->per_hour > kMaxAutomaticPerHour)) return false;
        if (rule.two_persons && rule.automatic) return false;
        if (rule.follow_ns > kMaxExpiresNs || (rule.follow_ns != 0 && (value.subjects & QUELL_SUBJECT_CONTAINER) == 0)) return false;
        if ((value.wanted & ~QUELL_HOLDABLE) != 0 || (value.wanted != 0 && (value.subjects & QUELL_SUBJECT_CONTAINER) == 0)) return false;
        return offers == value.offers && value.operations != 0 && value.operations < QUELL_OP_BIT(QUELL_OP_COUNT) && value.subjects != 0 &&
               (value.subjects & ~kSubjects) == 0 && (value.flags & ~kRuleFlags) == 0 &&
               value.severity < kSeverityWords.size() && value.expires_ns <= kMaxExpiresNs && value.within_ns <= kMaxExpiresNs &&
               value.once_ns <= kMaxExpiresNs && value.threshold <= kMaxThreshold && (value.threshold == 0) == (value.within_ns == 0);
    }

    // Ascending, not empty, no more than the kernel reads.
    bool set(const ImageSet& set, std::uint64_t id) const {
        if (set.id != id || set.rules.empty() || set.rules.size() > kMaxRulesPerObject || set.rules.back() >= image_.rules.size()) return false;
        return std::adjacent_find(set.rules.begin(), set.rules.end(), std::greater_equal<>()) == set.rules.end();
    }

    // A node is known by the edge that leads to it, which comes before those
    // that leave it: so there is no loop, and each node has one way to it.
    bool edge(const ImageEdge& edge) {
        const bool has_name = edge.kind == QUELL_EDGE_NAME || edge.kind == QUELL_EDGE_LEAF;
        const quell_edge& value = edge.value;
        if (edge.kind == QUELL_EDGE_ANY) return any(edge);
        if ((edge.node & QUELL_WILD_NODE(0)) != 0) return wild(edge);
        if (edge.kind != QUELL_EDGE_ROOT && value.next != 0) return false;
        if (edge.kind > QUELL_EDGE_BELOW || has_name == edge.name.empty() || (has_name && !is_component(edge.name))) return false;
        if ((value.flags & ~kEdgeFlags) != 0 || !keys_.emplace(edge.node, edge.kind, edge.name).second) return false;
        if (edge.kind == QUELL_EDGE_ROOT) {
            if (edge.node == 0 || edge.node > kLastRoot || value.child != edge.node || !reference(edge.node, value.next)) return false;
            return value.set == 0 && nodes_.emplace(edge.node, Node{edge.node, 0, 0}).second && cover(edge.node, value.cover);
        }
        const auto found = nodes_.find(edge.node);
        if (found == nodes_.end()) return false;
        const auto [root, depth, bytes] = found->second;
        const std::size_t path_bytes = bytes + 1 + edge.name.size();
        if (has_name && (depth >= kMaxComponents || path_bytes > kMaxPathBytes)) return false;
        if (edge.kind == QUELL_EDGE_NAME) {
            if (value.child < QUELL_NODE_FIRST || value.child >= QUELL_NODE_FIRST + kMaxNodes || value.set != 0) return false;
            return nodes_.emplace(value.child, Node{root, depth + 1, path_bytes}).second && cover(root, value.cover);
        }
        if (edge.kind == QUELL_EDGE_COVER) covered_.emplace(edge.node, root);
        if (edge.kind == QUELL_EDGE_BELOW && root >= kFirstAskRoot) return false;
        return value.child == 0 && value.cover == 0 && value.flags == 0 && is_set(root, value.set);
    }

    // Where a state is named that belongs to another root, or flags that a reference does not have, no.
    bool state(std::uint32_t root, std::uint32_t id) {
        return id < QUELL_WILD_MAX && (id == 0 || wild_.try_emplace(id, root).first->second == root);
    }
    bool reference(std::uint32_t root, std::uint32_t reference) {
        return QUELL_WILD_REFERENCE(QUELL_WILD_ID(reference), QUELL_WILD_FLAGS(reference)) == reference && (reference == 0 || QUELL_WILD_ID(reference) != 0) &&
               state(root, QUELL_WILD_ID(reference));
    }

    static bool is_pair(std::string_view name) {
        const std::size_t plus = name.find('+');
        const auto number = [](std::string_view text) {
            return !text.empty() && text.size() <= 6 && text.find_first_not_of("0123456789") == std::string_view::npos && (text.size() == 1 || text[0] != '0');
        };
        return plus != std::string_view::npos && number(name.substr(0, plus)) && number(name.substr(plus + 1)) && name != "0+0";
    }

    // Of a state of the automaton of paths with wildcards, which an edge before it has named.
    bool wild(const ImageEdge& edge) {
        const quell_edge& value = edge.value;
        const auto found = wild_.find(edge.node ^ QUELL_WILD_NODE(0));
        if (found == wild_.end() || !keys_.emplace(edge.node, edge.kind, edge.name).second) return false;
        const std::uint32_t root = found->second;
        switch (edge.kind) {
            case QUELL_EDGE_OTHER:
                return edge.name.empty() && reference(root, value.child) && state(root, value.cover) && state(root, value.next) && value.flags < 16 &&
                       value.next != found->first && value.cover != found->first && (value.set == 0 || is_set(root, value.set));
            case QUELL_EDGE_NAME:
            case QUELL_EDGE_PAIR:
                return (edge.kind == QUELL_EDGE_NAME ? is_component(edge.name) : is_pair(edge.name)) && value.cover == 0 && value.flags == 0 && value.next == 0 &&
                       value.set == 0 && reference(root, value.child);
            case QUELL_EDGE_LEAF:
            case QUELL_EDGE_PAIR_LEAF:
                return (edge.kind == QUELL_EDGE_LEAF ? is_component(edge.name) : is_pair(edge.name)) && value.child == 0 && value.cover == 0 && value.flags == 0 &&
                       value.next == 0 && (value.set == 0 ? edge.kind == QUELL_EDGE_LEAF : is_set(root, value.set));
            default: return false;
        }
    }

    // Each once, in a state that is there.
    bool piece(std::size_t i) {
        const ImagePiece& one = image_.pieces[i];
        const auto found = wild_.find(one.state);
        if (found == wild_.end() || one.kind > 3 || one.text.empty() || one.text.size() > QUELL_PIECE_BYTES) return false;
        if (one.kind < 2 ? one.value.set != 0 || one.value.id == 0 : one.value.set != 0 && !is_set(found->second, one.value.set)) return false;
        return pieces_.emplace(one.state << 2 | one.kind, one.text).second;
    }

    // Of a root, by an operation's word.
    bool any(const ImageEdge& edge) {
        const quell_edge& value = edge.value;
        return (edge.node == QUELL_NODE_CONTAINER || edge.node == QUELL_NODE_HOST) && word_index(kOperationWords, edge.name) && value.flags == 0 &&
               value.child == 0 && value.cover == 0 && is_set(edge.node, value.set) && keys_.emplace(edge.node, edge.kind, edge.name).second;
    }

    // In order, so that none is there twice; nothing behind its prefix, which must say something.
    bool network(std::size_t i) {
        const ImageNetwork& one = image_.networks[i];
        if ((one.root != QUELL_NODE_CONTAINER && one.root != QUELL_NODE_HOST) || one.network.length > (one.network.six ? 128u : 32u) || !one.network.holds(one.network)) return false;
        if (i != 0 && std::tie(one.root, one.network) <= std::tie(image_.networks[i - 1].root, image_.networks[i - 1].network)) return false;
        if (one.value.set > image_.sets.size() || (one.value.set == 0 && one.value.asked == 0)) return false;
        return one.value.asked == 0 || is_set(QUELL_NODE_ASK_HOST, one.value.asked);
    }

    // Looked up at the end: the node's COVER edge may come later.
    bool cover(std::uint32_t root, std::uint32_t node) {
        if (node != 0) wanted_.emplace(node, root);
        return true;
    }

    // Sets of conditions are numbered behind the others and have no members.
    bool is_set(std::uint32_t root, std::uint64_t id) {
        if (root < kFirstAskRoot) return id != 0 && id <= image_.sets.size();
        asked_sets_.insert(id);
        return id > image_.sets.size() && id <= image_.sets.size() + image_.edges.size() + image_.networks.size() + image_.pieces.size();
    }

    [[nodiscard]] std::string roots_and_covers() const {
        for (std::uint32_t root = QUELL_NODE_CONTAINER; root <= kLastRoot; root++)
            if (!nodes_.contains(root)) return at("no edge of root", root);
        for (const auto& pair : wanted_)
            if (!covered_.contains(pair)) return at("the cover of node", pair.first);
        return {};
    }

    [[nodiscard]] bool member(std::size_t i) const {
        const ImageMember& one = image_.members[i];
        if (!asked_sets_.contains(one.set) || one.condition >= image_.conditions.size()) return false;
        if (const FieldKind kind = kFieldRows[image_.conditions[one.condition].field].kind; kind != FieldKind::kPaths && kind != FieldKind::kNetworks) return false;
        return i == 0 || std::tie(image_.members[i - 1].set, image_.members[i - 1].condition) < std::tie(one.set, one.condition);
    }

    const Image& image_;
    std::set<std::tuple<std::uint32_t, std::uint32_t, std::string_view>> keys_;
    std::unordered_map<std::uint32_t, Node> nodes_;              // those known so far
    std::set<std::pair<std::uint32_t, std::uint32_t>> covered_;  // node with a COVER edge, its root
    std::set<std::pair<std::uint32_t, std::uint32_t>> wanted_;   // the same, as other edges name them
    std::set<std::uint64_t> asked_sets_;
    std::unordered_map<std::uint32_t, std::uint32_t> wild_;  // states named so far, with their roots
    std::set<std::pair<std::uint32_t, std::string_view>> pieces_;
};

}  // namespace

Status valid_image(const Image& image) {
    if (const std::string where = Validator(image).run(); !where.empty()) return Error{"the image is not valid: " + where, EINVAL, {}};
    return success();
}

}  // namespace quell::policy
