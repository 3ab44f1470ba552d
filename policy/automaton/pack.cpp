// SPDX-License-Identifier: Apache-2.0
#include "policy/automaton/pack.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "policy/automaton/cells.h"
#include "policy/limits.h"

namespace quell::policy::automaton {
namespace {

class Packer {
public:
    Packer(const Deterministic& from, const ByteClasses& classes) : from_(from), classes_(classes.count) {}

    std::optional<Packed> run(const ByteClasses& classes, const std::vector<Step>& steps) {
        renumber();
        for (u32 state = 0; state < from_.states(); state++) {
            intern_arcs(state);
            if (arcs_ > kMaxAutomatonCells) return std::nullopt;
        }
        if (!place()) return std::nullopt;
        packed_.table.classes = classes.of;
        packed_.table.start = numbers_[Deterministic::kStart];
        fill_hits(steps);
        return std::move(packed_);
    }

private:
    [[nodiscard]] bool reports(u32 state) const {
        return from_.hit_lists[state].reach != 0 || from_.hit_lists[state].end != 0;
    }

    void renumber() {
        order_.resize(from_.states());
        std::iota(order_.begin(), order_.end(), 0u);
        const auto silent = std::stable_partition(order_.begin(), order_.end(), [&](u32 state) { return reports(state); });
        packed_.table.hitting = static_cast<u32>(silent - order_.begin());
        numbers_.resize(order_.size());
        for (u32 number = 0; number < order_.size(); number++) numbers_[order_[number]] = number;
    }

    // Equal arcs are placed once, whatever the rows of the states that have them.
    void intern_arcs(u32 state) {
        const auto arcs = from_.arcs_of(state);
        std::vector<u32> key;
        for (const Arc& arc : arcs) key.push_back(cell_word(numbers_[arc.next], arc.byte_class));
        const auto [at, fresh] = known_.try_emplace(std::move(key), static_cast<u32>(lists_.size()));
        list_of_.push_back(at->second);
        if (!fresh) return;
        lists_.emplace_back(arcs.begin(), arcs.end());
        for (Arc& arc : lists_.back()) arc.next = numbers_[arc.next];
        arcs_ += arcs.size();
    }

    bool place() {
        std::vector<u32> longest_first(lists_.size());
        std::iota(longest_first.begin(), longest_first.end(), 0u);
        std::stable_sort(longest_first.begin(), longest_first.end(),
                         [&](u32 a, u32 b) { return lists_[a].size() > lists_[b].size(); });
        std::vector<const ArcList*> lists;
        for (u32 list : longest_first) lists.push_back(&lists_[list]);
        Cells cells;
        std::vector<u32> placed;
        if (!cells.place(lists, placed)) return false;
        std::vector<u32> bases(lists_.size());
        for (std::size_t i = 0; i < placed.size(); i++) bases[longest_first[i]] = placed[i];

        Table& table = packed_.table;
        packed_.cells = cells.used();
        packed_.rows = from_.rows.size();
        table.cells = cells.take(classes_);
        for (u32 state : order_) table.states.push_back(state_word(bases[list_of_[state]], from_.row_of[state]));
        table.states.resize(std::bit_ceil(table.states.size()));
        table.row_shift = static_cast<u32>(std::bit_width(classes_ - 1));
        table.rows.resize(std::bit_ceil(from_.rows.size()) << table.row_shift);
        for (std::size_t row = 0; row < from_.rows.size(); row++)
            for (std::uint32_t c = 0; c < classes_; c++) table.rows[row << table.row_shift | c] = numbers_[from_.rows[row][c]];
        return true;
    }

    void fill_hits(const std::vector<Step>& steps) {
        Table& table = packed_.table;
        for (u32 number = 0; number < table.hitting; number++) table.hit_lists.push_back(from_.hit_lists[order_[number]]);
        table.hit_lists.resize(std::bit_ceil(table.hit_lists.size()));
        table.hits = from_.hits;
        table.hits.resize(std::bit_ceil(table.hits.size()));
        table.steps = steps;
        table.steps.resize(std::bit_ceil(table.steps.size()));
    }

    const Deterministic& from_;
    std::uint32_t classes_;
    std::vector<u32> order_, numbers_;  // new number -> old, old -> new
    std::vector<ArcList> lists_;
    std::map<std::vector<u32>, u32> known_;
    std::size_t arcs_ = 0;  // of all lists
    std::vector<u32> list_of_;  // by state, old numbers
    Packed packed_;
};

}  // namespace

std::optional<Packed> pack(const Deterministic& from, const ByteClasses& classes, const std::vector<Step>& steps) {
    return Packer(from, classes).run(classes, steps);
}

}  // namespace quell::policy::automaton
