// SPDX-License-Identifier: Apache-2.0
// The walk over a process's arguments, as the kernel's program does it: no
// recursion, each loop bounded, each index masked. Tables are tested with it.
#pragma once

#include <algorithm>
#include <bit>
#include <string_view>
#include <vector>

#include "policy/automaton/table.h"

namespace quell::policy::automaton {

struct Walked {
    std::vector<u32> outputs;  // ascending
    std::size_t bytes = 0;     // read; less than given where the walk was cut
    bool cut = false;          // kMaxWalkBytes or kMaxWalkHits were not enough
};

// An array of a table: any index is inside. Without entries it is one of zeros.
template <typename T>
class Masked {
public:
    explicit Masked(const std::vector<T>& array)
        : entries_(array.empty() ? &kZeros : array.data()), mask_(static_cast<u32>(std::bit_floor(std::max<std::size_t>(array.size(), 1)) - 1)) {}
    T operator[](u32 index) const { return entries_[index & mask_]; }
    [[nodiscard]] u32 size() const { return mask_ + 1; }

private:
    static constexpr T kZeros{};
    const T* entries_;
    u32 mask_;
};

// Keeps what a processor keeps from one exec to the next, so that nothing must
// be cleared but the outputs. Not thread-safe; many may share a table.
class Walk {
public:
    // Any content of `table` is safe, also a wrong one. It must outlive this, and stay as it is.
    explicit Walk(const Table& table);

    // `arguments`: each with its NUL. If the last has none, it was cut: it has no end that a pattern could match.
    // `place`: 0 for arguments, or another QUELL_PLACE_…, which all texts have then.
    [[nodiscard]] Walked run(std::string_view arguments, u32 place = 0);

private:
    bool report(u32 list);
    void take_step(u32 index);
    void output(u32 number, u32 positions);

    const Table& table_;
    Masked<u32> states_, cells_, rows_, hits_;
    Masked<HitLists> hit_lists_;
    Masked<Step> steps_;
    std::vector<std::uint64_t> reached_;  // by step: argument << 16 | where its segment ended
    std::vector<std::uint64_t> outputs_;  // a bit each
    std::uint64_t argument_ = 0;          // counted over all runs
    u32 offset_ = 0;                      // bytes of the argument read
    u32 slot_ = 0;                        // its position, at most kLaterSlot
    u32 hits_left_ = 0;
};

[[nodiscard]] Walked walk(const Table& table, std::string_view arguments);

}  // namespace quell::policy::automaton
