// SPDX-License-Identifier: Apache-2.0
#include "policy/automaton/cells.h"

#include <algorithm>
#include <bit>

#include "policy/limits.h"

namespace quell::policy::automaton {
namespace {

// Free cells that are tried for one list before it goes behind all others: more cost time and save nothing to speak of.
constexpr unsigned kTries = 512;
constexpr u32 kClassesMost = 256;

}  // namespace

void Cells::grow(std::size_t size) {
    while (cells_.size() < size) {
        free_.push_back(static_cast<u32>(cells_.size()));
        cells_.push_back(0);
        is_base_.push_back(false);
    }
}

// The first free cell from `at` on. The way is shortened as it is walked.
u32 Cells::free_from(u32 at) {
    u32 found = at;
    while (true) {
        grow(found + std::size_t{1});
        if (free_[found] == found) break;
        found = free_[found];
    }
    while (at != found) {
        const u32 next = free_[at];
        free_[at] = found;
        at = next;
    }
    return found;
}

void Cells::take_cell(u32 at, const Arc& arc) {
    cells_[at] = cell_word(arc.next, arc.byte_class);
    free_[at] = at + 1;
    used_++;
}

bool Cells::fits(u32 base, const ArcList& list) const {
    return !is_base_[base] && std::all_of(list.begin(), list.end(), [&](const Arc& arc) { return cells_[base + arc.byte_class] == 0; });
}

// A list that is shorter than the one before may fit where that one did not;
// one of the same length hardly will.
u32 Cells::find_base(const ArcList& list) {
    const std::uint32_t lowest = list.front().byte_class;
    if (list.size() < length_) search_from_ = 0;
    length_ = list.size();
    u32 at = free_from(std::max(search_from_, lowest));
    for (unsigned tries = 0; tries < kTries; tries++) {
        const u32 base = at - lowest;
        grow(base + std::size_t{kClassesMost});
        if (fits(base, list)) return base;
        at = free_from(at + 1);
    }
    search_from_ = at;
    u32 base = std::max(end_, lowest) - lowest;
    while (grow(base + std::size_t{kClassesMost}), is_base_[base]) base++;
    return base;
}

bool Cells::place(const std::vector<const ArcList*>& lists, std::vector<u32>& bases) {
    grow(kClassesMost);
    for (const ArcList* list : lists) {
        u32 base = 0;
        if (list->empty()) {
            while (is_base_[base]) grow(++base + std::size_t{kClassesMost});
        } else {
            base = find_base(*list);
        }
        if (base + kClassesMost > kMaxAutomatonCells) return false;
        is_base_[base] = true;
        highest_ = std::max(highest_, base);
        for (const Arc& arc : *list) take_cell(base + arc.byte_class, arc);
        if (!list->empty()) end_ = std::max(end_, base + list->back().byte_class + 1);
        bases.push_back(base);
    }
    return true;
}

std::vector<u32> Cells::take(std::uint32_t classes) {
    cells_.resize(std::bit_ceil(std::size_t{highest_} + classes));
    return std::move(cells_);
}

}  // namespace quell::policy::automaton
