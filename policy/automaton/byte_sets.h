// SPDX-License-Identifier: Apache-2.0
// The sets of bytes that patterns speak of (`?`, `[a-z]`), and the classes of
// bytes that none of them tells apart. Not thread-safe.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace quell::policy::automaton {

using ByteSet = std::bitset<256>;

// What one place of a pattern matches: 1 to 255 that byte, from kFirstSet an
// interned set.
using Symbol = std::uint32_t;
inline constexpr Symbol kFirstSet = 256;

class ByteSets {
public:
    // A set of one byte becomes that byte. Never called with an empty set or one that holds NUL.
    [[nodiscard]] Symbol intern(const ByteSet& set);
    [[nodiscard]] const std::vector<ByteSet>& all() const { return sets_; }  // [symbol - kFirstSet]

private:
    std::unordered_map<ByteSet, Symbol> symbols_;
    std::vector<ByteSet> sets_;
};

// Classes count up from 1; 0 is NUL's alone, so that a table's empty cell,
// which says 0, belongs to no class that is ever looked up.
struct ByteClasses {
    std::array<std::uint8_t, 256> of{};
    std::uint32_t count = 1;                           // with NUL's
    std::vector<std::vector<std::uint8_t>> of_symbol;  // ascending; of literal bytes one class
};

// `literal`: bytes that some pattern names by themselves. Some 500 steps for
// each set.
[[nodiscard]] ByteClasses classify(const ByteSet& literal, const ByteSets& sets);

}  // namespace quell::policy::automaton
