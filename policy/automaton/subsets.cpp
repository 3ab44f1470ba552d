// SPDX-License-Identifier: Apache-2.0
#include "policy/automaton/subsets.h"

#include <algorithm>
#include <iterator>

#include "policy/automaton/dear.h"
#include "policy/automaton/hit_pool.h"
#include "policy/automaton/state_sets.h"
#include "policy/limits.h"

namespace quell::policy::automaton {
namespace {

class Determiner {
public:
    Determiner(const Trees& trees, const ByteClasses& classes, Deterministic& to)
        : trees_(trees), classes_(classes), to_(to), floating_(classes.count), row_of_class_(classes.count) {}

    std::optional<TooMuch> run() {
        for (const Edge& edge : trees_.nodes()[Trees::kFloating].edges)
            for (std::uint8_t c : classes_.of_symbol[edge.symbol]) floating_[c].push_back(edge.child);
        state({Trees::kAnchored}, 0);
        state({}, 0);
        make_rows();
        for (u32 at = 0; at < sets_.size(); at++) {
            to_.first.push_back(to_.arcs.size());
            if (at == owner_of_row_[to_.row_of[at]])
                fill_row(at);
            else
                add_arcs(at);
            if (auto said = too_much()) return said;
        }
        to_.first.push_back(to_.arcs.size());
        to_.dear = dearest(trees_, sets_);
        to_.work = work();
        to_.hits = pool_.take();
        to_.lists = pool_.lists();
        to_.longest_list = pool_.longest();
        return std::nullopt;
    }

private:
    u32 state(const std::vector<u32>& nodes, std::uint32_t entered) {
        to_.work += nodes.size() + 1;
        const auto [number, fresh] = sets_.intern(nodes);
        if (fresh) {
            to_.row_of.push_back(row_of_class_[entered]);
            to_.hit_lists.push_back(pool_.lists_of(nodes, trees_));
        }
        return number;
    }

    // Rows and their owners, the states behind one byte, come before all other states, so that they are full when those
    // are compared with them. In the order of the classes: nothing must depend on chance.
    void make_rows() {
        std::vector<u32> elsewhere;
        owner_of_row_.push_back(Deterministic::kElsewhere);
        for (std::uint32_t c = 0; c < classes_.count; c++) {
            std::sort(floating_[c].begin(), floating_[c].end());
            const bool goes_on = std::ranges::any_of(floating_[c], [&](u32 node) { return !trees_.nodes()[node].edges.empty(); });
            row_of_class_[c] = goes_on ? static_cast<u32>(owner_of_row_.size()) : 0;
            const std::size_t before = sets_.size();
            elsewhere.push_back(state(floating_[c], c));
            if (sets_.size() > before && goes_on) owner_of_row_.push_back(elsewhere.back());
            row_of_class_[c] = to_.row_of[elsewhere.back()];
        }
        to_.rows.assign(owner_of_row_.size(), elsewhere);
    }

    [[nodiscard]] std::uint64_t work() const { return to_.work + pool_.work(); }

    // Edges of the nodes, by class.
    void collect(std::span<const u32> nodes) {
        moves_.clear();
        for (u32 node : nodes)
            for (const Edge& edge : trees_.nodes()[node].edges)
                for (std::uint8_t c : classes_.of_symbol[edge.symbol]) moves_.push_back(std::uint64_t{c} << 32 | edge.child);
        to_.work += moves_.size();
        std::sort(moves_.begin(), moves_.end());
    }

    // For each class that was collected: where its edges and those of `others` lead together.
    template <typename Others, typename Found>
    void lead(Others others, Found found) {
        for (std::size_t i = 0; i < moves_.size();) {
            // A state has up to 255 classes, each with a set as large as the trees.
            if (work() > kMaxAutomatonWork || sets_.size() > kMaxAutomatonStates) return;
            const auto c = static_cast<std::uint32_t>(moves_[i] >> 32);
            own_.clear();
            for (; i < moves_.size() && moves_[i] >> 32 == c; i++) own_.push_back(static_cast<u32>(moves_[i]));
            const std::span<const u32> more = others(c);
            nodes_.clear();
            std::set_union(own_.begin(), own_.end(), more.begin(), more.end(), std::back_inserter(nodes_));
            found(c, state(nodes_, c));
        }
    }

    void fill_row(u32 owner) {
        collect(sets_.of(owner));
        std::vector<u32>& row = to_.rows[to_.row_of[owner]];
        lead([&](std::uint32_t c) { return std::span<const u32>(floating_[c]); }, [&](std::uint32_t c, u32 next) { row[c] = next; });
    }

    // What the row's owner has in its set, the row knows.
    void add_arcs(u32 from) {
        const std::vector<u32>& row = to_.rows[to_.row_of[from]];
        const auto owners = sets_.of(owner_of_row_[to_.row_of[from]]);
        const auto all = sets_.of(from);
        nodes_.clear();
        std::set_difference(all.begin(), all.end(), owners.begin(), owners.end(), std::back_inserter(nodes_));
        to_.work += all.size();
        collect(nodes_);
        lead([&](std::uint32_t c) { return sets_.of(row[c]); },
             [&](std::uint32_t c, u32 next) {
                 if (next != row[c]) to_.arcs.push_back(Arc{c, next});
             });
    }

    std::optional<TooMuch> too_much() const {
        static const std::string kFewer = "leave the patterns named out, or write them with fewer `?` and brackets behind a star";
        if (const auto node = pool_.overfull())
            return TooMuch{"more than " + std::to_string(kMaxHitsPerState) + " patterns end at the same place, or " +
                               std::to_string(kMaxAutomatonHits) + " do in all",
                           "put patterns that are alike into one list", {trees_.nodes()[*node].pattern}};
        if (sets_.size() > kMaxAutomatonStates)
            return TooMuch{"the patterns make more than " + std::to_string(kMaxAutomatonStates) + " states", kFewer,
                           dearest(trees_, sets_)};
        if (work() > kMaxAutomatonWork)
            return TooMuch{"the patterns take more than " + std::to_string(kMaxAutomatonWork) + " operations to combine", kFewer,
                           dearest(trees_, sets_)};
        return std::nullopt;
    }

    const Trees& trees_;
    const ByteClasses& classes_;
    Deterministic& to_;
    std::vector<std::vector<u32>> floating_;  // by class: where the floating root leads
    std::vector<u32> row_of_class_;           // of the states that a class leads to
    std::vector<u32> owner_of_row_;
    StateSets sets_;
    HitPool pool_;
    std::vector<std::uint64_t> moves_;  // class << 32 | node
    std::vector<u32> own_, nodes_;
};

}  // namespace

std::optional<TooMuch> determine(const Trees& trees, const ByteClasses& classes, Deterministic& to) {
    return Determiner(trees, classes, to).run();
}

}  // namespace quell::policy::automaton
