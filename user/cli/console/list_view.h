// SPDX-License-Identifier: Apache-2.0
// ListView: which rows of a snapshot are shown, in which order, and which is
// chosen. Choosing rows is done in steps of a bounded size, so that no key
// waits for 10,000 comparisons; until the last step the rows of before are
// shown. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "user/cli/console/snapshot.h"

namespace quell::cli::console {

class ListView {
public:
    ListView();

    void set_snapshot(std::shared_ptr<const Snapshot> snapshot);
    // Words that must all be in a row's searched text, whatever their case.
    void set_filter(std::string filter);
    void set_sort(Sort sort);
    void set_reverse(bool reverse);

    // Looks at `rows` more; true: there is more to do.
    bool step(std::size_t rows);

    [[nodiscard]] const std::string& filter() const { return filter_; }
    [[nodiscard]] Sort sort() const { return sort_; }
    [[nodiscard]] bool reverse() const { return reverse_; }
    [[nodiscard]] bool is_complete() const { return !is_building_; }

    // What is shown.
    [[nodiscard]] std::size_t size() const { return shown_.size(); }
    [[nodiscard]] const Row& row(std::size_t position) const { return shown_of_->rows[shown_[position]]; }
    [[nodiscard]] const Snapshot& snapshot() const { return *newest_; }

    // The chosen row: it stays on its incident while others come and go.
    [[nodiscard]] std::size_t chosen() const { return chosen_; }
    [[nodiscard]] const std::string& chosen_id() const { return chosen_id_; }  // "": nothing is shown
    void choose(std::size_t position);  // the last, if beyond
    void move(std::ptrdiff_t by);
    // Ids of those that wait among the first `rows` that are shown, `most` of them.
    [[nodiscard]] std::vector<std::string> waiting(std::size_t rows, std::size_t most);

    // Rows that were looked at, for the filter or by waiting(), for tests: what keys and answers cost.
    [[nodiscard]] std::size_t looked_at() const { return looked_at_; }

private:
    void restart();
    [[nodiscard]] bool fits(const Row& row) const;

    std::shared_ptr<const Snapshot> newest_, shown_of_;
    std::vector<std::uint32_t> shown_, building_;
    std::vector<std::string> words_;
    std::string filter_, chosen_id_;
    Sort sort_ = Sort::Age;
    bool reverse_ = false, is_building_ = false;
    std::size_t next_ = 0, chosen_ = 0, looked_at_ = 0;
    std::size_t building_chosen_ = SIZE_MAX;
};

}  // namespace quell::cli::console
