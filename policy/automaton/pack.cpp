// SPDX-License-Identifier: Apache-2.0
// A state that bytes x, y, z led to behaves for most classes like the one that
// z alone leads to: after z, few texts go on. So the default rows are those of
// the states behind one byte, and a state keeps cells only for what differs.
// docs/design/016-argument-automaton.md has what that saves.
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
        make_rows();
        for (u32 state = 0; state < from_.states(); state++) {
            choose(state);
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

    // Row 0 is kElsewhere's; each state that it leads to and that differs from it has one.
    void make_rows() {
        rows_.push_back(from_.elsewhere);
        row_of_class_.resize(classes_);
        std::map<u32, u32> row_of_state;
        for (std::uint32_t c = 1; c < classes_; c++) {
            const u32 behind = from_.elsewhere[c];
            if (from_.arcs_of(behind).empty()) continue;
            const auto [at, fresh] = row_of_state.try_emplace(behind, static_cast<u32>(rows_.size()));
            if (fresh) {
                rows_.push_back(from_.elsewhere);
                for (const Arc& arc : from_.arcs_of(behind)) rows_.back()[arc.byte_class] = arc.next;
            }
            row_of_class_[c] = at->second;
        }
    }

    // Where the state leads and the row does not.
    [[nodiscard]] ArcList differences(u32 state, u32 row) const {
        ArcList list;
        const std::vector<u32>& defaults = rows_[row];
        const u32 behind = from_.elsewhere[from_.entered[state]];
        const auto arcs = from_.arcs_of(state);
        const auto others = row == 0 ? std::span<const Arc>{} : from_.arcs_of(behind);
        auto other = others.begin();
        const auto back_to_elsewhere = [&](std::uint32_t before) {
            for (; other != others.end() && other->byte_class < before; ++other)
                if (defaults[other->byte_class] != from_.elsewhere[other->byte_class])
                    list.push_back(Arc{other->byte_class, from_.elsewhere[other->byte_class]});
        };
        for (const Arc& arc : arcs) {
            back_to_elsewhere(arc.byte_class);
            if (other != others.end() && other->byte_class == arc.byte_class) ++other;
            if (defaults[arc.byte_class] != arc.next) list.push_back(arc);
        }
        back_to_elsewhere(classes_);
        return list;
    }

    void choose(u32 state) {
        u32 row = row_of_class_[from_.entered[state]];
        ArcList list = differences(state, row);
        if (row != 0) {
            ArcList plain = differences(state, 0);
            if (plain.size() <= list.size()) {
                list = std::move(plain);
                row = 0;
            }
        }
        for (Arc& arc : list) arc.next = numbers_[arc.next];
        // A list of the same arcs may stand for both, whatever their rows.
        std::vector<u32> key;
        for (const Arc& arc : list) key.push_back(cell_word(arc.next, arc.byte_class));
        const auto [at, fresh] = known_.try_emplace(std::move(key), static_cast<u32>(lists_.size()));
        if (fresh) arcs_ += list.size();
        if (fresh) lists_.push_back(std::move(list));
        list_of_.push_back(at->second);
        row_of_.push_back(row);
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
        packed_.rows = rows_.size();
        table.cells = cells.take(classes_);
        for (u32 state : order_) table.states.push_back(state_word(bases[list_of_[state]], row_of_[state]));
        table.states.resize(std::bit_ceil(table.states.size()));
        table.row_shift = static_cast<u32>(std::bit_width(classes_ - 1));
        table.rows.resize(std::bit_ceil(rows_.size()) << table.row_shift);
        for (std::size_t row = 0; row < rows_.size(); row++)
            for (std::uint32_t c = 0; c < classes_; c++) table.rows[row << table.row_shift | c] = numbers_[rows_[row][c]];
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
    std::vector<std::vector<u32>> rows_;  // next states by class, old numbers
    std::vector<u32> row_of_class_;
    std::vector<ArcList> lists_;
    std::map<std::vector<u32>, u32> known_;
    std::size_t arcs_ = 0;  // of all lists
    std::vector<u32> list_of_, row_of_;  // by state, old numbers
    Packed packed_;
};

}  // namespace

std::optional<Packed> pack(const Deterministic& from, const ByteClasses& classes, const std::vector<Step>& steps) {
    return Packer(from, classes).run(classes, steps);
}

}  // namespace quell::policy::automaton
