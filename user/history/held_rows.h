// SPDX-License-Identifier: Apache-2.0
// HeldRows: what waits in memory for the disk, bounded. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "user/history/row.h"

namespace quell::history {

struct Held {
    std::uint64_t sequence = 0;  // order of arrival, from 1
    Entry entry;
};

class HeldRows {
public:
    explicit HeldRows(std::size_t max) : max_(max) {}

    // When there are `max` already, the oldest row of the kind whose loss
    // hurts least goes (see actions.def): so rows of the kinds that may be
    // lost are never more than `max`, however long the disk takes none. Where
    // only rows are left that must not be lost it becomes one more. Those have
    // no bound of their own: a decision is not dropped for room. Their number
    // is what operators decide (for each incident at most eight first approvals
    // of two, and seven rows: break-glass, approved, flipped, its end, undone), what they apply, and a handful for each start
    // and end of the daemon; no workload and nobody who is refused adds to it.
    void push(Held held);
    // What a failed write gives back, in its order, to the front.
    void put_back(std::vector<Held> batch);
    // Up to `count` of the oldest.
    [[nodiscard]] std::vector<Held> take(std::size_t count);

    [[nodiscard]] bool empty() const { return rows_.empty(); }
    [[nodiscard]] std::size_t size() const { return rows_.size(); }
    [[nodiscard]] const std::deque<Held>& rows() const { return rows_; }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    bool drop_one();
    void shrink();

    const std::size_t max_;
    std::deque<Held> rows_;
    std::uint64_t dropped_ = 0;
};

}  // namespace quell::history
