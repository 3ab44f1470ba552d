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
        : trees_(trees), classes_(classes), to_(to), floating_(classes.count) {}

    std::optional<TooMuch> run() {
        for (const Edge& edge : trees_.nodes()[Trees::kFloating].edges)
            for (std::uint8_t c : classes_.of_symbol[edge.symbol]) floating_[c].push_back(edge.child);
        state({Trees::kAnchored}, 0);
        state({}, 0);
        // In the order of the classes: which states come first must not depend on chance.
        for (std::uint32_t c = 0; c < classes_.count; c++) {
            std::sort(floating_[c].begin(), floating_[c].end());
            to_.elsewhere.push_back(state(floating_[c], c));
        }
        for (u32 at = 0; at < sets_.size(); at++) {
            to_.first.push_back(to_.arcs.size());
            expand(at);
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
            to_.entered.push_back(static_cast<std::uint8_t>(entered));
            to_.hit_lists.push_back(pool_.lists_of(nodes, trees_));
        }
        return number;
    }

    [[nodiscard]] std::uint64_t work() const { return to_.work + pool_.work(); }

    // Only classes that some node of the state has an edge for are looked at: all others lead where kElsewhere leads.
    void expand(u32 from) {
        moves_.clear();
        for (u32 node : sets_.of(from))
            for (const Edge& edge : trees_.nodes()[node].edges)
                for (std::uint8_t c : classes_.of_symbol[edge.symbol]) moves_.push_back(std::uint64_t{c} << 32 | edge.child);
        to_.work += moves_.size();
        std::sort(moves_.begin(), moves_.end());
        for (std::size_t i = 0; i < moves_.size();) {
            // A state has up to 255 classes, each with a set as large as the trees.
            if (work() > kMaxAutomatonWork || sets_.size() > kMaxAutomatonStates) return;
            const auto c = static_cast<std::uint32_t>(moves_[i] >> 32);
            own_.clear();
            for (; i < moves_.size() && moves_[i] >> 32 == c; i++) own_.push_back(static_cast<u32>(moves_[i]));
            nodes_.clear();
            std::set_union(own_.begin(), own_.end(), floating_[c].begin(), floating_[c].end(), std::back_inserter(nodes_));
            to_.arcs.push_back(Arc{c, state(nodes_, c)});
        }
    }

    std::optional<TooMuch> too_much() const {
        static const std::string kFewer = "write them with fewer `?` and brackets behind a star, or leave them out";
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
