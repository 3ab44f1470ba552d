// SPDX-License-Identifier: Apache-2.0
// What states report: interned lists of hits. Not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "policy/automaton/trees.h"

namespace quell::policy::automaton {

class HitPool {
public:
    HitPool() { hits_.push_back(0); }  // no list begins at 0, so that 0 is none

    [[nodiscard]] HitLists lists_of(std::span<const u32> nodes, const Trees& trees);

    // A node whose hits were too many for one state, or for all together.
    [[nodiscard]] std::optional<u32> overfull() const { return overfull_; }
    // Hits put together so far, equal lists or not.
    [[nodiscard]] std::uint64_t work() const { return work_; }
    [[nodiscard]] std::size_t lists() const { return known_.size(); }
    [[nodiscard]] u32 longest() const { return longest_; }
    [[nodiscard]] std::vector<u32> take() { return std::move(hits_); }

private:
    using Find = const NodeHits* (Trees::*)(u32) const;
    u32 list(std::span<const u32> nodes, const Trees& trees, Find find);

    std::vector<u32> hits_;
    std::map<std::vector<u32>, u32> known_;
    std::optional<u32> overfull_;
    std::uint64_t work_ = 0;
    u32 longest_ = 0;
};

}  // namespace quell::policy::automaton
