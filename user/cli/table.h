// SPDX-License-Identifier: Apache-2.0
// Text tables that fit the terminal. Not thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quell::cli {

struct Column {
    std::string_view title;
    std::size_t min_width;  // may be cut down to it; its title is, too
    int rank = 0;           // where even that is too wide the highest is left out, 0 never
};

// A cell that would be empty.
[[nodiscard]] inline std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

class Table {
public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    // One cell for each column, safe text.
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    // Every line at most `width` columns, none ends with a blank.
    [[nodiscard]] std::string text(std::size_t width) const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace quell::cli
