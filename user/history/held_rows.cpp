// SPDX-License-Identifier: Apache-2.0
#include "user/history/held_rows.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace quell::history {
namespace {

enum class Loss { FIRST, LATER, NEVER };

constexpr std::array kLoss = {
#define ACTION(name, word, loss, id) Loss::loss,
#include "user/history/actions.def"
#undef ACTION
};

Loss loss_of(const Held& held) {
    const Row& row = held.entry.row;
    // Nothing was approved: incidents do this, not operators, and there may be any number of them.
    if (row.action == Action::FAILED && row.response.empty()) return Loss::LATER;
    return kLoss[static_cast<std::size_t>(row.action)];
}

}  // namespace

bool HeldRows::drop_one() {
    for (const Loss loss : {Loss::FIRST, Loss::LATER}) {
        const auto oldest =
            std::find_if(rows_.begin(), rows_.end(), [loss](const Held& held) { return loss_of(held) == loss; });
        if (oldest == rows_.end()) continue;
        rows_.erase(oldest);
        dropped_++;
        return true;
    }
    return false;
}

void HeldRows::shrink() {
    while (rows_.size() > max_ && drop_one()) {
    }
}

void HeldRows::push(Held held) {
    rows_.push_back(std::move(held));
    shrink();
}

void HeldRows::put_back(std::vector<Held> batch) {
    rows_.insert(rows_.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
    shrink();
}

std::vector<Held> HeldRows::take(std::size_t count) {
    const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(std::min(count, rows_.size()));
    std::vector<Held> batch(std::make_move_iterator(rows_.begin()), std::make_move_iterator(end));
    rows_.erase(rows_.begin(), end);
    return batch;
}

}  // namespace quell::history
