// SPDX-License-Identifier: Apache-2.0
#include "policy/compile/wild.h"

#include <algorithm>
#include <deque>
#include <set>

#include "policy/limits.h"

namespace quell::policy {
namespace {

using Positions = std::vector<std::uint32_t>;  // ascending, with what follows without a step

// Pieces of names, numbered from 1 in their order.
using Numbered = std::map<std::string, std::uint32_t, std::less<>>;

std::string reversed(std::string_view text) { return {text.rbegin(), text.rend()}; }

// What of `pieces` begins with `start`, or with it read backwards.
template <typename Map, typename Do>
void for_longer(const Map& pieces, const std::string& start, const Do& each) {
    for (auto it = pieces.lower_bound(start); it != pieces.end() && it->first.starts_with(start); ++it) each(*it);
}

class Builder {
public:
    Builder(const WildTree& tree, WildNumbers& numbers, Sets& sets, Image& image,
            const std::function<void(const std::string&, const RuleList&)>& judged)
        : tree_(tree), numbers_(numbers), sets_(sets), image_(image), judged_(judged) {}

    WildAutomaton run() {
        Positions start{0};
        result_.first = reference(closed(start));
        while (!queue_.empty() && !result_.is_too_large) {
            const Positions at = queue_.front();
            queue_.pop_front();
            emit(at);
        }
        return std::move(result_);
    }

private:
    struct State {
        std::uint32_t id = 0;
        std::uint32_t flags = 0;
    };

    Positions closed(Positions from) const {
        const std::size_t count = from.size();
        for (std::size_t i = 0; i < count; i++)
            if (tree_[from[i]].loop != 0) from.push_back(tree_[from[i]].loop);
        std::sort(from.begin(), from.end());
        from.erase(std::unique(from.begin(), from.end()), from.end());
        return from;
    }

    Positions loops(const Positions& of) const {
        Positions only;
        std::copy_if(of.begin(), of.end(), std::back_inserter(only), [&](std::uint32_t n) { return tree_[n].is_loop; });
        return only;
    }

    // Held in every directory: what is below a ** at the very beginning.
    Positions everywhere(const Positions& of) const {
        const std::uint32_t loop = tree_[0].loop;
        return loop != 0 && std::binary_search(of.begin(), of.end(), loop) ? Positions{loop} : Positions{};
    }

    // The positions whose entries are this state's own, and whose are another's.
    void divide(const Positions& of, Positions& own, Positions& next) const {
        const Positions all = loops(of), start = everywhere(of);
        next = of == all ? start : all;
        if (next == of) next.clear();
        own.clear();
        std::set_difference(of.begin(), of.end(), next.begin(), next.end(), std::back_inserter(own));
    }

    // What follows a directory of that name; with no name, of a name that no edge has.
    Positions follow(const Positions& from, const std::string* name) {
        Positions to;
        numbers_.work += from.size();
        for (const std::uint32_t n : from) {
            const WildNode& node = tree_[n];
            if (node.is_loop) to.push_back(n);
            if (node.any != 0) to.push_back(node.any);
            if (name == nullptr) continue;
            if (const auto found = node.names.find(*name); found != node.names.end()) to.push_back(found->second);
            numbers_.work += node.globs.size();
            for (const auto& [glob, next] : node.globs)
                if (glob_matches(glob, *name)) to.push_back(next);
        }
        return closed(std::move(to));
    }

    // Positions that hold directories further down by a name or a part of one.
    bool asks_directories(std::uint32_t n) const { return !tree_[n].names.empty() || !tree_[n].globs.empty() || tree_[n].any != 0; }

    // 0 for no positions. A new state is put in line.
    std::uint32_t reference(const Positions& at) {
        if (at.empty()) return 0;
        if (const auto known = states_.find(at); known != states_.end()) return QUELL_WILD_REFERENCE(known->second.id, known->second.flags);
        State state;
        for (const std::uint32_t n : at) {
            if (!tree_[n].every.empty()) state.flags |= QUELL_DIR_ALL;
            if (!tree_[n].leaves.empty() || !tree_[n].leaf_globs.empty()) state.flags |= QUELL_DIR_WILD;
        }
        const bool stays = loops(at) == at && std::none_of(at.begin(), at.end(), [&](std::uint32_t n) { return asks_directories(n); });
        const bool all = (state.flags & QUELL_DIR_ALL) != 0;
        if (stays && all && numbers_.next_stay_all < QUELL_WILD_STAY)
            state.id = numbers_.next_stay_all++;
        else if (stays && !all && numbers_.next_stay < QUELL_WILD_STAY_ALL)
            state.id = numbers_.next_stay++;
        else
            state.id = numbers_.next++;
        if (numbers_.next > QUELL_WILD_MAX) return too_large(at);
        states_.emplace(at, state);
        queue_.push_back(at);
        return QUELL_WILD_REFERENCE(state.id, state.flags);
    }

    std::uint32_t too_large(const Positions& at) {
        result_.is_too_large = true;
        for (const std::uint32_t n : at)
            if (tree_[n].example != nullptr && result_.multiplying.size() < 3) result_.multiplying.push_back(tree_[n].example);
        return 0;
    }

    void emit(const Positions& at) {
        const State state = states_.at(at);
        const std::uint32_t node = QUELL_WILD_NODE(state.id);
        quell_edge other{};
        other.child = reference(follow(at, nullptr));
        Positions own, next;
        divide(at, own, next);
        other.next = QUELL_WILD_ID(reference(next));
        directories(at, node, state.id, other);
        entries(own, node, state.id, other);
        image_.edges.push_back(ImageEdge{node, QUELL_EDGE_OTHER, {}, other});
        if (image_.edges.size() > kMaxEdges || image_.pieces.size() > kMaxPieces || numbers_.work > kMaxWildWork) too_large(at);
        result_.most_rules = std::max(result_.most_rules, most_of(at));
    }

    // Where every position is one of a loop, or one of them goes on by any name, the state says all itself. Else what
    // follows by names that only the loops ask for is asked of the state of the loops alone.
    void directories(const Positions& at, std::uint32_t node, std::uint32_t id, quell_edge& other) {
        const Positions rest = loops(at);
        Positions own;
        std::set_difference(at.begin(), at.end(), rest.begin(), rest.end(), std::back_inserter(own));
        const bool is_whole = own.empty() || rest.empty() || std::any_of(own.begin(), own.end(), [&](std::uint32_t n) { return tree_[n].any != 0; });
        const bool has_globs = std::any_of(own.begin(), own.end(), [&](std::uint32_t n) { return !tree_[n].globs.empty(); });
        std::set<Glob> globs;
        std::set<std::string> names;
        for (const std::uint32_t n : is_whole || has_globs ? at : own)
            for (const auto& [glob, to] : tree_[n].globs) globs.insert(glob);
        for (const std::uint32_t n : is_whole ? at : own)
            for (const auto& [name, to] : tree_[n].names) names.insert(name);
        if (!is_whole && has_globs)
            for (const std::uint32_t n : rest)
                for (const auto& named : tree_[n].names) {
                    const std::string& name = named.first;
                    numbers_.work += globs.size();
                    if (std::any_of(globs.begin(), globs.end(), [&](const Glob& glob) { return glob_matches(glob, name); })) names.insert(name);
                }
        if (!is_whole) other.cover = QUELL_WILD_ID(reference(rest));
        Numbered heads, tails;
        number(globs, heads, tails);
        overlaps(globs, heads, tails, names);
        for (const std::string& name : names) {
            quell_edge edge{};
            edge.child = reference(follow(at, &name));
            image_.edges.push_back(ImageEdge{node, QUELL_EDGE_NAME, name, edge});
            if (result_.is_too_large || image_.edges.size() > kMaxEdges || numbers_.work > kMaxWildWork) return;
        }
        for (const auto& [head, number] : heads) image_.pieces.push_back(ImagePiece{id, 0, head, {0, number, 0}});
        for (const auto& [tail, number] : tails) image_.pieces.push_back(ImagePiece{id, 1, reversed(tail), {0, number, 0}});
        if (!heads.empty()) other.flags |= QUELL_WILD_HEADS;
        if (!tails.empty()) other.flags |= QUELL_WILD_TAILS;
        pairs(at, node, globs, heads, tails);
    }

    // Tails are kept backwards: then the longer ones follow.
    static void number(const std::set<Glob>& globs, Numbered& heads, Numbered& tails) {
        for (const Glob& glob : globs) {
            if (!glob.first.empty()) heads.emplace(glob.first, 0);
            if (!glob.second.empty()) tails.emplace(reversed(glob.second), 0);
        }
        std::uint32_t next = 1;
        for (auto& [head, number] : heads) number = next++;
        next = 1;
        Numbered forward;
        for (auto& [tail, number] : tails) forward.emplace(reversed(tail), next), number = next++;
        tails = std::move(forward);
    }

    static Numbered backwards(const Numbered& tails) {
        Numbered back;
        for (const auto& [tail, number] : tails) back.emplace(reversed(tail), number);
        return back;
    }

    // Names in which a beginning and an end share bytes: each is one name, and has an edge of its own. Only patterns with
    // both are wrong about them.
    template <typename Names>
    void overlaps(const std::set<Glob>& globs, const Numbered& heads, const Numbered& tails, Names& names) {
        const Numbered back = backwards(tails);
        for (const Glob& glob : globs) {
            if (glob.first.empty() || glob.second.empty()) continue;
            for_longer(heads, glob.first, [&](const auto& head) {
                for_longer(back, reversed(glob.second), [&](const auto& tail) {
                    const std::string end = reversed(tail.first);
                    const std::string& begin = head.first;
                    numbers_.work += std::min(begin.size(), end.size());
                    for (std::size_t shared = 1; shared <= std::min(begin.size(), end.size()); shared++)
                        if (begin.compare(begin.size() - shared, shared, end, 0, shared) == 0) names.insert(begin + end.substr(shared));
                });
            });
        }
    }

    void pairs(const Positions& at, std::uint32_t node, const std::set<Glob>& globs, const Numbered& heads, const Numbered& tails) {
        if (globs.empty()) return;
        Numbered all_heads = heads, all_tails = tails;
        all_heads.emplace("", 0);
        all_tails.emplace("", 0);
        for (const auto& [head, head_number] : all_heads)
            for (const auto& [tail, tail_number] : all_tails) {
                numbers_.work += at.size() + globs.size();
                if (numbers_.work > kMaxWildWork || image_.edges.size() > kMaxEdges) return;
                Positions to;
                bool matches = false;
                for (const std::uint32_t n : at) {
                    if (tree_[n].is_loop) to.push_back(n);
                    if (tree_[n].any != 0) to.push_back(tree_[n].any);
                    for (const auto& [glob, next] : tree_[n].globs)
                        if (head.starts_with(glob.first) && tail.ends_with(glob.second)) {
                            to.push_back(next);
                            matches = true;
                        }
                }
                if (!matches) continue;
                quell_edge edge{};
                edge.child = reference(closed(std::move(to)));
                image_.edges.push_back(ImageEdge{node, QUELL_EDGE_PAIR, pair_name(head_number, tail_number), edge});
            }
    }

    std::uint64_t set_of(const RuleList& rules) {
        if (rules.empty()) return 0;
        judged_("a path with wildcards", rules);
        return sets_.id(rules);
    }

    void set_edge(std::uint32_t node, std::uint32_t kind, std::string name, const RuleList& rules) {
        if (rules.empty()) return;
        quell_edge edge{};
        edge.set = set_of(rules);
        image_.edges.push_back(ImageEdge{node, kind, std::move(name), edge});
    }

    void entries(const Positions& own, std::uint32_t node, std::uint32_t id, quell_edge& other) {
        RuleList every;
        std::map<Glob, RuleList> by_glob;
        std::map<std::string, RuleList, std::less<>> by_name;
        for (const std::uint32_t n : own) {
            every = merged(every, tree_[n].every);
            for (const auto& [glob, rules] : tree_[n].leaf_globs) by_glob[glob] = merged(by_glob[glob], rules);
            for (const auto& [name, rules] : tree_[n].leaves) by_name[name] = merged(by_name[name], rules);
        }
        std::set<Glob> globs;
        for (const auto& [glob, rules] : by_glob) globs.insert(glob);
        Numbered heads, tails;
        number(globs, heads, tails);
        std::set<std::string> names;
        for (const auto& [name, rules] : by_name) names.insert(name);
        overlaps(globs, heads, tails, names);
        other.set = set_of(every);
        // what one piece says by itself, with what shorter ones say
        std::map<std::string, RuleList, std::less<>> of_head, of_tail;
        for (const auto& [head, number] : heads) of_head[head] = one_sided(by_glob, head, true, every);
        for (const auto& [tail, number] : tails) of_tail[tail] = one_sided(by_glob, tail, false, every);
        std::set<std::string> paired_heads, paired_tails;
        std::map<std::pair<std::string, std::string>, RuleList> pairs;
        const Numbered back = backwards(tails);
        for (const auto& of_glob : by_glob) {
            const auto& glob = of_glob.first;
            const auto& rules = of_glob.second;
            if (glob.first.empty() || glob.second.empty()) continue;
            for_longer(heads, glob.first, [&](const auto& head) {
                for_longer(back, reversed(glob.second), [&](const auto& tail) {
                    RuleList& pair = pairs[{head.first, reversed(tail.first)}];
                    pair = merged(pair, rules);
                    numbers_.work += pair.size();
                });
            });
        }
        for (auto& [pair, rules] : pairs) {
            paired_heads.insert(pair.first);
            paired_tails.insert(pair.second);
            rules = merged(rules, merged(of_head[pair.first], of_tail[pair.second]));
            set_edge(node, QUELL_EDGE_PAIR_LEAF, pair_name(heads.at(pair.first), tails.at(pair.second)), rules);
        }
        for (const std::string& name : names) {
            RuleList rules = every;
            if (const auto found = by_name.find(name); found != by_name.end()) rules = merged(rules, found->second);
            for (std::size_t n = 0; n <= name.size(); n++) {  // the longest of each side has all that is one-sided
                if (const auto found = of_head.find(name.substr(0, n)); found != of_head.end()) rules = merged(rules, found->second);
                if (const auto found = of_tail.find(name.substr(n)); found != of_tail.end()) rules = merged(rules, found->second);
            }
            for (const auto& [glob, more] : by_glob)
                if (!glob.first.empty() && !glob.second.empty() && glob_matches(glob, name)) rules = merged(rules, more);
            // also where no rule is left: the edge keeps the pieces from being asked
            quell_edge edge{};
            edge.set = set_of(rules);
            image_.edges.push_back(ImageEdge{node, QUELL_EDGE_LEAF, name, edge});
        }
        for (const auto& [head, number] : heads)
            image_.pieces.push_back(ImagePiece{id, 2, head, {set_of(of_head[head]), paired_heads.contains(head) ? number : 0, 0}});
        for (const auto& [tail, number] : tails)
            image_.pieces.push_back(ImagePiece{id, 3, reversed(tail), {set_of(of_tail[tail]), paired_tails.contains(tail) ? number : 0, 0}});
        if (!heads.empty()) other.flags |= QUELL_WILD_LEAF_HEADS;
        if (!tails.empty()) other.flags |= QUELL_WILD_LEAF_TAILS;
    }

    static RuleList one_sided(const std::map<Glob, RuleList>& by_glob, const std::string& piece, bool is_head, const RuleList& every) {
        RuleList rules = every;
        for (std::size_t n = 1; n <= piece.size(); n++) {
            const Glob glob = is_head ? Glob{piece.substr(0, n), ""} : Glob{"", piece.substr(piece.size() - n)};
            if (const auto found = by_glob.find(glob); found != by_glob.end()) rules = merged(rules, found->second);
        }
        return rules;
    }

    // Rules of its positions that could be on one entry, those of its names taken generously.
    std::size_t most_of(const Positions& at) {
        std::size_t most = 0;
        for (const std::uint32_t n : at) most += most_of(n);
        return most;
    }

    std::size_t most_of(std::uint32_t n) {
        const auto [known, is_new] = most_.try_emplace(n, 0);
        if (!is_new) return known->second;
        std::size_t name = 0, globs = 0;
        for (const auto& [text, rules] : tree_[n].leaves) name = std::max(name, rules.size());
        for (const auto& [glob, rules] : tree_[n].leaf_globs) globs = std::max(globs, rules.size());
        return known->second = tree_[n].every.size() + name + globs;
    }

    const WildTree& tree_;
    WildNumbers& numbers_;
    Sets& sets_;
    Image& image_;
    const std::function<void(const std::string&, const RuleList&)>& judged_;
    std::map<Positions, State> states_;
    std::deque<Positions> queue_;
    std::map<std::uint32_t, std::size_t> most_;  // by position
    WildAutomaton result_;
};

}  // namespace

std::string pair_name(std::uint32_t head, std::uint32_t tail) { return std::to_string(head) + "+" + std::to_string(tail); }

WildAutomaton build_wild(const WildTree& tree, WildNumbers& numbers, Sets& sets, Image& image,
                         const std::function<void(const std::string& directory, const RuleList& rules)>& judged) {
    if (tree.empty()) return {};
    return Builder(tree, numbers, sets, image, judged).run();
}

}  // namespace quell::policy
