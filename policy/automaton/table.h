// SPDX-License-Identifier: Apache-2.0
// The automaton as the kernel reads it: plain arrays of fixed width, no
// pointers. Whoever changes this changes the walk (walk.cpp) and the kernel's.
//
// One byte of an argument costs three loads, four where no cell is the state's:
//     class = classes[byte]
//     state = states[s]                  where its cells begin, and its default row
//     cell  = cells[base + class]        if it names this class, it is the state's own, and says what is next
//     next  = rows[row << row_shift | class]     else
// No two states with different cells share a base, so a cell that names the
// class it was found by belongs to whoever looked. Class 0 is NUL's and never
// looked up: a cell of zeros is nobody's.
//
// States below `hitting` have something to say (hit_lists); all others cost
// one comparison. An argument's NUL reads the state's `end` list and goes back
// to `start`; there is one start for all positions, a hit knows which it is for.
//
// Every array's size is a power of two, and the walk masks each index: no
// content makes it read outside, it only makes it wrong.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "kern/abi.h"
#include "policy/limits.h"

namespace quell::policy::automaton {

using u32 = std::uint32_t;

// ---- states[s]: base << 12 | row ---------------------------------------
inline constexpr u32 kRowBits = 12;
constexpr u32 state_word(u32 base, u32 row) { return base << kRowBits | row; }
constexpr u32 state_base(u32 word) { return word >> kRowBits; }
constexpr u32 state_row(u32 word) { return word & ((1u << kRowBits) - 1); }

// ---- cells[base + class]: next state << 8 | class ----------------------
constexpr u32 cell_word(u32 next, u32 byte_class) { return next << 8 | byte_class; }
constexpr u32 cell_next(u32 word) { return word >> 8; }
constexpr u32 cell_class(u32 word) { return word & 0xff; }

// ---- hits[i]: step << 31 | positions << 16 | output, or the step's index -
inline constexpr u32 kIsStep = 1u << 31;
// Positions are places (pattern.h). Bit p: argv[p]; bit kLaterSlot: all that are behind.
inline constexpr u32 kLaterSlot = QUELL_PLACE_LATER;
inline constexpr u32 kAnyPosition = (1u << QUELL_PLACES) - 1;
constexpr u32 output_hit(u32 output, u32 positions) { return positions << 16 | output; }
constexpr u32 step_hit(u32 step) { return kIsStep | step; }
constexpr u32 hit_output(u32 hit) { return hit & 0xffff; }
constexpr u32 hit_positions(u32 hit) { return hit >> 16 & kAnyPosition; }
constexpr u32 hit_step(u32 hit) { return hit & ~kIsStep; }

// ---- a list in HitLists: first index into hits << 8 | count -------------
constexpr u32 list_word(u32 first, u32 count) { return first << 8 | count; }
constexpr u32 list_first(u32 word) { return word >> 8; }
constexpr u32 list_count(u32 word) { return word & 0xff; }

// hit_lists[s], s < hitting. 0: nothing.
struct HitLists {
    u32 reach = 0;  // when a byte leads here
    u32 end = 0;    // when the argument ends here
};
static_assert(sizeof(HitLists) == 8);

// steps[i], i > 0. A pattern with a star inside is a chain of steps, one for
// each segment: each must begin where its parent's first occurrence ended, or
// later. The first occurrence is enough, as segments have fixed lengths.
struct Step {
    u32 parent = 0;     // the step before, 0: none, this is the first
    u32 length = 0;     // of the segment, in bytes
    u32 output = 0;     // of the last step: what is reported
    u32 positions = 0;  // of the last step, as in a hit; 0: not the last
};
static_assert(sizeof(Step) == 16);

static_assert(std::has_single_bit(kMaxAutomatonStates) && std::has_single_bit(kMaxAutomatonCells) &&
              std::has_single_bit(kMaxAutomatonHits) && std::has_single_bit(kMaxAutomatonSteps));
static_assert(kMaxAutomatonCells <= 1u << (32 - kRowBits) && kMaxAutomatonStates <= 1u << 24 && kMaxAutomatonHits <= 1u << 24);

// Sizes are powers of two, at most those named: 7 MiB in all.
struct Table {
    std::array<std::uint8_t, 256> classes{};  // by byte
    u32 start = 0;
    u32 hitting = 0;
    u32 row_shift = 0;                // a row has 1 << row_shift entries, more than there are classes; at most 8
    std::vector<u32> states;          // by state; kMaxAutomatonStates
    std::vector<u32> cells;           // by base + class; kMaxAutomatonCells
    std::vector<u32> rows;            // by row << row_shift | class: the next state; 1 << 16
    std::vector<HitLists> hit_lists;  // by state; kMaxAutomatonStates
    std::vector<u32> hits;            // from a list's first index on; kMaxAutomatonHits
    std::vector<Step> steps;          // by a step hit, and by a step's parent; kMaxAutomatonSteps
};

// Where a walk ends that has not come to its end. What it keeps: a bit for each
// output, cleared for each walk, and 8 bytes for each step, never cleared.
inline constexpr u32 kMaxWalkBytes = 32'768;  // an argument's offset has 16 bits
inline constexpr u32 kMaxWalkHits = 65'536;   // two for each byte; a few hundred microseconds

}  // namespace quell::policy::automaton
