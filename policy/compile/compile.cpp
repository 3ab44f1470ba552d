// SPDX-License-Identifier: Apache-2.0
#include "policy/check/check.h"
#include "policy/check/while_pending.h"
#include "policy/compile/compile.h"

#include <algorithm>
#include <array>
#include <set>

#include "policy/compile/conditions.h"
#include "policy/compile/digest.h"
#include "policy/compile/flatten.h"
#include "policy/compile/networks.h"
#include "policy/compile/sets.h"
#include "policy/compile/texts.h"
#include "policy/compile/trie.h"
#include "policy/compile/wild.h"
#include "policy/limits.h"
#include "user/base/vocabulary.h"

namespace quell::policy {
namespace {

struct Root {
    std::uint32_t node;
    std::uint32_t subject;
    bool asked;  // paths of conditions; else those that are watched
    bool cgroup = false;  // of these, those of cgroups
};
constexpr std::array<Root, 5> kRoots = {{
    {QUELL_NODE_CONTAINER, QUELL_SUBJECT_CONTAINER, false},
    {QUELL_NODE_HOST, QUELL_SUBJECT_HOST, false},
    {QUELL_NODE_ASK_CONTAINER, QUELL_SUBJECT_CONTAINER, true},
    {QUELL_NODE_ASK_HOST, QUELL_SUBJECT_HOST, true},
    {QUELL_NODE_ASK_CGROUP, QUELL_SUBJECT_HOST | QUELL_SUBJECT_CONTAINER, true, true},
}};

// A path that a condition speaks of.
struct Asked {
    Pattern pattern;
    std::uint32_t condition;
    std::uint32_t subjects;  // of its rule
    bool cgroup = false;
};
struct AskedNetwork {
    Network network;
    std::uint32_t condition;
    std::uint32_t subjects;
};

class Compiler {
public:
    Compiler(const Checked& checked, std::span<const SourceText> sources, Findings& findings)
        : sources_(sources), findings_(findings) {
        rules_.push_back(canary());
        rules_.insert(rules_.end(), checked.rules.begin(), checked.rules.end());
        digest_ = meaning_digest(rules_);  // a rule that is off is part of the meaning
        std::erase_if(rules_, [](const Rule& rule) { return rule.mode == Mode::kOff; });
        for (Rule& rule : rules_) rule = as_loaded(std::move(rule));
    }

    Image run() {
        collect_identities();
        for (const Rule& rule : rules_) texts_.add(rule);
        image_.texts = texts_.build(findings_);
        for (const Rule& rule : rules_) add_rule(rule);
        if (image_.conditions.size() > kMaxConditions)
            findings_.add_general(Code::kQ1406, "the rules have " + std::to_string(image_.conditions.size()) +
                                  " conditions, at most " + std::to_string(kMaxConditions) + " are accepted");
        for (const Root& root : kRoots) add_root(root);
        if (image_.edges.size() > kMaxEdges)
            findings_.add_general(Code::kQ1403, "the rules' paths make " + std::to_string(image_.edges.size()) +
                                  " entries of the kernel's map, which takes " + std::to_string(kMaxEdges));
        add_sets();
        image_.digest = std::move(digest_);
        return std::move(image_);
    }

private:
    // Sorted, so that the order of rules means nothing.
    void collect_identities() {
        std::set<Identity> all;
        const auto add = [&](const Group& group) {
            for (const Condition& condition : group)
                if (QUELL_FIELD_IS_IDENTITY(condition.field)) all.insert({condition.field, condition.names});
        };
        for (const Rule& rule : rules_) {
            add(rule.conditions);
            for (const Group& exception : rule.exceptions) add(exception);
        }
        image_.identities.assign(all.begin(), all.end());
        if (all.size() > kMaxIdentities)
            findings_.add_general(Code::kQ1411, "the rules ask for " + std::to_string(all.size()) + " different lists of what containers are called, at most " +
                                  std::to_string(kMaxIdentities) + " are accepted");
    }

    void add_rule(const Rule& rule) {
        ImageRule entry;
        entry.value.id = rule_id(rule.policy, rule.id);
        entry.value.expires_ns = rule.expires_ns;
        entry.value.operations = rule.operations;
        entry.value.subjects = rule.subjects;
        for (std::uint32_t offer : rule.offers) entry.value.offers |= QUELL_BIT(offer);
        entry.value.flags = rule.flags;
        entry.value.threshold = rule.threshold;
        entry.value.within_ns = rule.within_ns;
        entry.value.once_ns = rule.once_ns;
        entry.value.wanted = wanted_responses(rule);
        const Asking asking{[&](const Pattern& pattern, std::uint32_t condition) { asked_.push_back({pattern, condition, rule.subjects}); },
                            [&](const Pattern& pattern, std::uint32_t condition) { asked_.push_back({pattern, condition, rule.subjects, true}); },
                            [&](const Network& network, std::uint32_t condition) { asked_networks_.push_back({network, condition, rule.subjects}); },
                            [&](const Identity& identity) {
                                const auto& all = image_.identities;
                                return static_cast<std::uint32_t>(std::lower_bound(all.begin(), all.end(), identity) - all.begin());
                            },
                            [&](const Condition& condition) { return texts_.outputs(condition); }};
        add_conditions(rule, image_.conditions, entry.value, asking);
        if (entry.value.conditions > kMaxConditionsPerRule)
            findings_.add(Code::kQ1407, rule.where, "the rule has " + std::to_string(entry.value.conditions) + " conditions with its patterns that many rules share, at most " +
                          std::to_string(kMaxConditionsPerRule) + " are asked", "write rules of its own for some of them", rule.id);
        entry.value.severity = rule.severity;
        entry.policy = rule.policy;
        entry.id = rule.id;
        entry.name = rule.name;
        entry.tags = rule.tags;
        entry.offers = rule.offers;
        entry.automatic = rule.automatic;
        entry.follow_ns = rule.follow_ns;
        entry.two_persons = rule.two_persons;
        entry.reason_required = rule.reason_required;
        if (!is_builtin(rule)) entry.file = sources_[rule.where.source].file();
        image_.operations |= rule.operations;
        image_.rules.push_back(std::move(entry));
    }

    void add_root(const Root& root) {
        Trie trie;
        WildTree wild;
        const auto add = [&](const Pattern& pattern, std::uint32_t index) {
            if (pattern.kind != Pattern::Kind::kWild) return trie.add(pattern, index);
            wild.add(pattern, index);
            if (!root.asked) trie.add_beneath(pattern, index);
        };
        for (std::uint32_t index = 0; !root.asked && index < rules_.size(); index++) {
            if ((rules_[index].subjects & root.subject) == 0) continue;
            for (const Pattern& pattern : rules_[index].paths) add(pattern, index);
        }
        for (const Asked& asked : asked_)
            if (root.asked && asked.cgroup == root.cgroup && (asked.subjects & root.subject) != 0) add(asked.pattern, asked.condition);
        const bool already_said = nodes_ > kMaxNodes;
        nodes_ += trie.nodes();
        if (already_said) return;
        if (nodes_ > kMaxNodes) {
            findings_.add_general(Code::kQ1403, "the rules' paths have more than " + std::to_string(kMaxNodes) + " directories");
            return;
        }
        Flattening to;
        to.root = root.node;
        to.next_node = next_node_;
        to.below = !root.asked;
        to.rules = rules_;
        to.sets = root.asked ? &asked_sets_ : &path_sets_;
        to.edges = &image_.edges;
        to.cut = [&](const std::string& directory) { report_cut(directory); };
        std::size_t most = 0;  // rules that the trie has of one entry
        const auto checked = [&](const std::string& directory, const RuleList& rules) {
            most = std::max(most, rules.size());
            if (!root.asked) check_judged(directory, rules);
        };
        to.judged = checked;
        const std::size_t first = image_.edges.size(), first_piece = image_.pieces.size();
        Image scratch;
        const WildAutomaton automaton = build_wild(wild, wild_numbers_, *to.sets, scratch, [&](const std::string& directory, const RuleList& rules) {
            if (!root.asked) check_judged(directory, rules);
        });
        if (automaton.is_too_large) return report_wild(automaton);
        to.wild = automaton.first;
        flatten(trie, to);
        next_node_ = to.next_node;
        std::move(scratch.edges.begin(), scratch.edges.end(), std::back_inserter(image_.edges));
        std::move(scratch.pieces.begin(), scratch.pieces.end(), std::back_inserter(image_.pieces));
        if (image_.pieces.size() > kMaxPieces)
            findings_.add_general(Code::kQ1412, "the rules' paths have more than " + std::to_string(kMaxPieces) + " different names with a star in them");
        if (!root.asked && automaton.most_rules != 0 && most + automaton.most_rules > kMaxRulesPerObject)
            findings_.add_general(Code::kQ1413, "with those of paths with wildcards up to " + std::to_string(most + automaton.most_rules) +
                                  " rules could apply to one object, at most " + std::to_string(kMaxRulesPerObject) + " are judged");
        if (root.asked) {
            asked_edges_.insert(asked_edges_.end(), {first, image_.edges.size()});
            asked_pieces_.insert(asked_pieces_.end(), {first_piece, image_.pieces.size()});
            return;
        }
        add_any(root);
        add_networks(root);
    }

    // Once for all roots: the numbers are theirs together.
    void report_wild(const WildAutomaton& automaton) {
        if (said_wild_) return;
        said_wild_ = true;
        std::string names;
        for (const Pattern* pattern : automaton.multiplying) names += (names.empty() ? "" : ", ") + in_quotes(pattern->text());
        const std::string message = "the rules' paths with wildcards are too many for each other: together they make more states, edges or steps than are accepted; among them " + names;
        if (automaton.multiplying.empty() || automaton.multiplying[0]->where.line == 0) return findings_.add_general(Code::kQ1412, message);
        findings_.add(Code::kQ1412, automaton.multiplying[0]->where, message, "name directories instead of stars and **", automaton.multiplying[0]->text());
    }

    void add_networks(const Root& root) {
        Networks networks;
        for (std::uint32_t index = 0; index < rules_.size(); index++)
            if (const Condition* address = address_of(rules_[index]); address != nullptr && (rules_[index].subjects & root.subject) != 0)
                for (const Network& network : address->networks) networks[network].rules.push_back(index);
        for (const AskedNetwork& asked : asked_networks_)
            if ((asked.subjects & root.subject) != 0) networks[asked.network].conditions.push_back(asked.condition);
        if (image_.networks.size() + networks.size() > kMaxNetworks) {
            findings_.add_general(Code::kQ1408, "the rules have more than " + std::to_string(kMaxNetworks) + " addresses and networks");
            return;
        }
        spread(networks);
        for (const auto& [network, lists] : networks) {
            if (!lists.rules.empty()) check_judged(network.text(), lists.rules);
            ImageNetwork entry{root.node, network, {}};
            if (!lists.rules.empty()) entry.value.set = path_sets_.id(lists.rules);
            if (!lists.conditions.empty()) entry.value.asked = asked_sets_.id(lists.conditions);
            image_.networks.push_back(entry);
        }
    }

    // Rules that ask for no path, by operation.
    void add_any(const Root& root) {
        for (std::uint32_t operation = 0; operation < QUELL_OP_COUNT; operation++) {
            RuleList rules;
            for (std::uint32_t index = 0; index < rules_.size(); index++)
                if (rules_[index].paths.empty() && address_of(rules_[index]) == nullptr && (rules_[index].subjects & root.subject) != 0 && (rules_[index].operations & QUELL_OP_BIT(operation)) != 0)
                    rules.push_back(index);
            if (rules.empty()) continue;
            check_judged(kOperationWords[operation], rules);
            ImageEdge edge{root.node, QUELL_EDGE_ANY, std::string(kOperationWords[operation]), {}};
            edge.value.set = path_sets_.id(rules);
            image_.edges.push_back(std::move(edge));
        }
    }

    // Both kinds of sets are numbered apart while they are collected; here those
    // of conditions move behind the others. The kernel never reads the members
    // of such a set: it asks for one pair of set and condition.
    void add_sets() {
        image_.sets.resize(path_sets_.size());
        for (const auto& [rules, id] : path_sets_.all()) image_.sets[id - 1] = ImageSet{id, rules};
        for (std::size_t i = 0; i < asked_edges_.size(); i += 2)
            for (std::size_t edge = asked_edges_[i]; edge < asked_edges_[i + 1]; edge++)
                if (image_.edges[edge].value.set != 0) image_.edges[edge].value.set += path_sets_.size();
        for (std::size_t i = 0; i < asked_pieces_.size(); i += 2)
            for (std::size_t piece = asked_pieces_[i]; piece < asked_pieces_[i + 1]; piece++)
                if (image_.pieces[piece].value.set != 0) image_.pieces[piece].value.set += path_sets_.size();
        for (ImageNetwork& network : image_.networks)
            if (network.value.asked != 0) network.value.asked += path_sets_.size();
        std::size_t pairs = 0;
        for (const auto& [conditions, id] : asked_sets_.all()) pairs += conditions.size();
        if (pairs > kMaxMembers) {
            findings_.add_general(Code::kQ1406, "the conditions make " + std::to_string(pairs) + " pairs with paths, at most " +
                                  std::to_string(kMaxMembers) + " are accepted");
            return;
        }
        std::set<std::pair<std::uint64_t, std::uint32_t>> sorted;
        for (const auto& [conditions, id] : asked_sets_.all())
            for (std::uint32_t condition : conditions) sorted.emplace(id + path_sets_.size(), condition);
        for (const auto& [set, condition] : sorted) image_.members.push_back(ImageMember{set, condition});
    }

    // Once for each rule that is too much, however many places it applies to.
    void check_judged(std::string_view where, const RuleList& rules) {
        if (rules.size() <= kMaxRulesPerObject) return;
        const std::uint32_t extra = rules[kMaxRulesPerObject];
        if (!reported_.insert(extra).second) return;
        findings_.add(Code::kQ1404, rules_[extra].where,
                      std::to_string(rules.size()) + " rules apply to one object in " + in_quotes(where) + ", at most " +
                          std::to_string(kMaxRulesPerObject) + " are judged",
                      "put paths into fewer rules", rules_[extra].id);
    }

    // Once for both roots.
    void report_cut(const std::string& directory) {
        if (!cut_.insert(directory).second) return;
        findings_.add_general(Code::kQ1405, "more than " + std::to_string(kMaxRulesPerObject) +
                              " rules that watch mounts and renames lie below " + in_quotes(directory) +
                              ": there the most severe ones are raised");
    }

    static bool is_builtin(const Rule& rule) { return rule.where.line == 0; }

    std::span<const SourceText> sources_;
    Findings& findings_;
    std::vector<Rule> rules_;
    Image image_;
    std::string digest_;
    Sets path_sets_;
    Sets asked_sets_;
    Texts texts_;
    std::vector<Asked> asked_;              // in the order of conditions
    std::vector<AskedNetwork> asked_networks_;
    std::vector<std::size_t> asked_edges_;  // pairs: first edge of a root, one past its last
    std::vector<std::size_t> asked_pieces_;
    WildNumbers wild_numbers_;
    bool said_wild_ = false;
    std::set<std::uint32_t> reported_;
    std::set<std::string> cut_;
    std::uint32_t next_node_ = QUELL_NODE_FIRST;
    std::size_t nodes_ = 0;
};

}  // namespace

Rule canary() {
    Rule rule;
    rule.policy = kBuiltinPolicy;
    rule.id = "canary";
    rule.name = "Canary";
    rule.operations = QUELL_OP_BIT(QUELL_OP_DELETE);
    rule.subjects = QUELL_SUBJECT_HOST;
    rule.paths = {Pattern{Pattern::Kind::kExact, "/run/quell/canary", {}}};
    rule.flags = QUELL_RULE_DENY | QUELL_RULE_SILENT;
    return rule;
}

Image compile_image(const Checked& checked, std::span<const SourceText> sources, Findings& findings) {
    return Compiler(checked, sources, findings).run();
}

}  // namespace quell::policy
