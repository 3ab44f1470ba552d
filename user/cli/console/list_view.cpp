// SPDX-License-Identifier: Apache-2.0
#include "user/cli/console/list_view.h"

#include <algorithm>

namespace quell::cli::console {

ListView::ListView() : newest_(std::make_shared<Snapshot>()), shown_of_(newest_) {}

void ListView::restart() {
    building_.clear();
    next_ = 0;
    building_chosen_ = SIZE_MAX;
    is_building_ = true;
}

void ListView::set_snapshot(std::shared_ptr<const Snapshot> snapshot) {
    newest_ = std::move(snapshot);
    restart();
}

void ListView::set_filter(std::string filter) {
    filter_ = std::move(filter);
    words_.clear();
    const std::string small = small_letters(filter_);
    for (std::size_t at = 0; at < small.size();) {
        const std::size_t end = std::min(small.find(' ', at), small.size());
        if (end > at) words_.push_back(small.substr(at, end - at));
        at = end + 1;
    }
    restart();
}

void ListView::set_sort(Sort sort) {
    sort_ = sort;
    restart();
}

void ListView::set_reverse(bool reverse) {
    reverse_ = reverse;
    restart();
}

bool ListView::fits(const Row& row) const {
    return std::ranges::all_of(words_, [&](const std::string& word) { return row.searched.find(word) != std::string::npos; });
}

bool ListView::step(std::size_t rows) {
    if (!is_building_) return false;
    const auto& order = newest_->orders[static_cast<std::size_t>(sort_)];
    const std::size_t end = std::min(next_ + rows, order.size());
    looked_at_ += end - next_;
    for (; next_ < end; next_++) {
        const std::uint32_t at = order[reverse_ ? order.size() - 1 - next_ : next_];
        const Row& row = newest_->rows[at];
        if (!fits(row)) continue;
        if (row.id == chosen_id_) building_chosen_ = building_.size();
        building_.push_back(at);
    }
    if (next_ < order.size()) return true;
    is_building_ = false;
    shown_.swap(building_);
    shown_of_ = newest_;
    choose(building_chosen_ != SIZE_MAX ? building_chosen_ : chosen_);
    return false;
}

void ListView::choose(std::size_t position) {
    chosen_ = shown_.empty() ? 0 : std::min(position, shown_.size() - 1);
    chosen_id_ = shown_.empty() ? std::string{} : row(chosen_).id;
    // A step in progress may be past it; rows that it found before have another chosen one.
    if (is_building_) restart();
}

std::vector<std::string> ListView::waiting(std::size_t rows, std::size_t most) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < std::min(rows, size()) && ids.size() < most; i++, looked_at_++)
        if (row(i).waits) ids.push_back(row(i).id);
    return ids;
}

void ListView::move(std::ptrdiff_t by) {
    const auto to = static_cast<std::ptrdiff_t>(chosen_) + by;
    choose(to < 0 ? 0 : static_cast<std::size_t>(to));
}

}  // namespace quell::cli::console
