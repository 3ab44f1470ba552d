// SPDX-License-Identifier: Apache-2.0
#include "policy/automaton/walk.h"

#include <algorithm>
#include <bit>

#include "policy/limits.h"

namespace quell::policy::automaton {
namespace {

static_assert(kMaxWalkBytes <= 1u << 16, "an offset has 16 bits in Walk::reached_");
static_assert(std::has_single_bit(kMaxArgumentOutputs));

}  // namespace

Walk::Walk(const Table& table)
    : table_(table), states_(table.states), cells_(table.cells), rows_(table.rows), hits_(table.hits), hit_lists_(table.hit_lists),
      steps_(table.steps), reached_(steps_.size()), outputs_(kMaxArgumentOutputs / 64) {}

Walked Walk::run(std::string_view arguments, u32 place) {
    std::fill(outputs_.begin(), outputs_.end(), 0);
    argument_++;
    offset_ = 0;
    slot_ = place;
    hits_left_ = kMaxWalkHits;
    const u32 shift = table_.row_shift & 31;
    const std::size_t bytes = std::min<std::size_t>(arguments.size(), kMaxWalkBytes);
    u32 state = table_.start;
    Walked walked;
    walked.cut = bytes < arguments.size();
    for (std::size_t i = 0; i < bytes; i++) {
        const auto byte = static_cast<std::uint8_t>(arguments[i]);
        u32 list = 0;
        if (byte == 0) {
            if (state < table_.hitting) list = hit_lists_[state].end;
        } else {
            const u32 byte_class = table_.classes[byte];
            const u32 word = states_[state];
            const u32 cell = cells_[state_base(word) + byte_class];
            state = cell_class(cell) == byte_class ? cell_next(cell) : rows_[(state_row(word) << shift) + byte_class];
            offset_++;
            if (state < table_.hitting) list = hit_lists_[state].reach;
        }
        walked.bytes = i + 1;
        if (list != 0 && !report(list)) {
            walked.cut = true;
            break;
        }
        if (byte == 0) {
            state = table_.start;
            argument_++;
            offset_ = 0;
            if (slot_ < kLaterSlot) slot_++;
        }
    }
    for (u32 word = 0; word < outputs_.size(); word++)
        for (std::uint64_t bits = outputs_[word]; bits != 0; bits &= bits - 1)
            walked.outputs.push_back(word * 64 + static_cast<u32>(std::countr_zero(bits)));
    return walked;
}

// False where the hits of this walk are used up.
bool Walk::report(u32 list) {
    const u32 count = list_count(list);
    if (count > hits_left_) return false;
    hits_left_ -= count;
    for (u32 i = 0; i < count; i++) {
        const u32 hit = hits_[list_first(list) + i];
        if (hit & kIsStep)
            take_step(hit_step(hit));
        else
            output(hit_output(hit), hit_positions(hit));
    }
    return true;
}

void Walk::take_step(u32 index) {
    const Step step = steps_[index];
    const auto mask = static_cast<u32>(reached_.size() - 1);
    if (step.parent != 0) {
        const std::uint64_t parent = reached_[step.parent & mask];
        if (parent >> 16 != argument_) return;
        if (offset_ < (parent & 0xffff) + step.length) return;
    }
    if (step.positions != 0) {
        output(step.output, step.positions);
    } else if (std::uint64_t& own = reached_[index & mask]; own >> 16 != argument_) {
        own = argument_ << 16 | (offset_ & 0xffff);
    }
}

void Walk::output(u32 number, u32 positions) {
    if (positions >> slot_ & 1) outputs_[(number / 64) & (outputs_.size() - 1)] |= std::uint64_t{1} << (number & 63);
}

Walked walk(const Table& table, std::string_view arguments) { return Walk(table).run(arguments); }

}  // namespace quell::policy::automaton
