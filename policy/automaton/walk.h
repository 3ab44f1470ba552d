// SPDX-License-Identifier: Apache-2.0
// The walk over a process's arguments, as the kernel's program does it: no
// recursion, each loop bounded, each index masked. Tables are tested with it.
#pragma once

#include <string_view>
#include <vector>

#include "policy/automaton/table.h"

namespace quell::policy::automaton {

struct Walked {
    std::vector<u32> outputs;  // ascending
    std::size_t bytes = 0;     // read; less than given where the walk was cut
    bool cut = false;          // kMaxWalkBytes or kMaxWalkHits were not enough
};

// Keeps what a processor keeps from one exec to the next, so that nothing must
// be cleared but the outputs. Not thread-safe; many may share a table.
class Walk {
public:
    // Any content of `table` is safe, also a wrong one. It must outlive this.
    explicit Walk(const Table& table);

    // `arguments`: each with its NUL. If the last has none, it was cut: it has no end that a pattern could match.
    [[nodiscard]] Walked run(std::string_view arguments);

private:
    bool report(u32 list);
    void take_step(u32 index);
    void output(u32 number, u32 positions);

    const Table& table_;
    std::vector<std::uint64_t> reached_;  // by step: argument << 16 | where its segment ended
    std::vector<std::uint64_t> outputs_;  // a bit each
    std::uint64_t argument_ = 0;          // counted over all runs
    u32 offset_ = 0;                      // bytes of the argument read
    u32 slot_ = 0;                        // its position, at most kLaterSlot
    u32 hits_left_ = 0;
};

[[nodiscard]] Walked walk(const Table& table, std::string_view arguments);

}  // namespace quell::policy::automaton
