// SPDX-License-Identifier: Apache-2.0
#include "user/cli/table.h"

#include <algorithm>
#include <numeric>

#include "user/cli/terminal.h"

namespace quell::cli {

namespace {
constexpr std::size_t kGap = 2;
}

std::string Table::text(std::size_t width) const {
    std::vector<std::size_t> shown(columns_.size());
    std::iota(shown.begin(), shown.end(), 0);
    const auto sum = [&](auto width_of_column) {
        std::size_t total = 0;
        for (const std::size_t c : shown) total += width_of_column(c) + kGap;
        return total - std::min(total, kGap);
    };
    while (sum([&](std::size_t c) { return columns_[c].min_width; }) > width) {
        const auto least = std::ranges::max_element(shown, {}, [&](std::size_t c) { return columns_[c].rank; });
        if (columns_[*least].rank == 0) break;
        shown.erase(least);
    }
    std::vector<std::size_t> widths(columns_.size());
    for (const std::size_t c : shown) {
        widths[c] = width_of(columns_[c].title);
        for (const auto& row : rows_) widths[c] = std::max(widths[c], width_of(row[c]));
    }
    // The widest gives first, so short columns stay whole.
    while (sum([&](std::size_t c) { return widths[c]; }) > width) {
        std::size_t* widest = nullptr;
        for (const std::size_t c : shown)
            if (widths[c] > columns_[c].min_width && (!widest || widths[c] > *widest)) widest = &widths[c];
        if (!widest) break;
        --*widest;
    }
    std::string out;
    const auto line = [&](auto cell) {
        std::string built;
        for (const std::size_t c : shown) {
            const std::string text = fit(cell(c), widths[c]);
            built += text + std::string(widths[c] - std::min(widths[c], width_of(text)) + kGap, ' ');
        }
        built.erase(built.find_last_not_of(' ') + 1);
        out += built + "\n";
    };
    line([&](std::size_t c) { return columns_[c].title; });
    for (const auto& row : rows_) line([&](std::size_t c) { return std::string_view(row[c]); });
    return out;
}

}  // namespace quell::cli
