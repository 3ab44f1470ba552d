// SPDX-License-Identifier: Apache-2.0
#include "user/cli/console/grid.h"

#include <algorithm>

namespace quell::cli::console {

std::size_t Grid::put(std::size_t x, std::size_t y, std::string_view text, Look look, std::size_t columns) {
    if (x >= columns_ || y >= rows_) return 0;
    const std::size_t width = std::min(columns, columns_ - x);
    const bool is_cut = columns_of(text, charset_, width) > width;
    const std::size_t room = is_cut && width > 0 ? width - 1 : width;
    Cell* const row = &cells_[y * columns_];
    std::size_t used = 0;
    Glyph glyph;
    const auto cell = [&](char32_t character) -> Cell& {
        // What was half of a wide character is no character any more.
        Cell& one = row[x + used];
        if (one.characters[0] == 0 && x + used > 0) row[x + used - 1].characters = {U' '};
        one = {{character}, look};
        return one;
    };
    while (!text.empty()) {
        const std::size_t size = next_glyph(text, charset_, glyph);
        if (used + (glyph.is_escape ? 1 : glyph.columns) > room) break;
        text.remove_prefix(size);
        work_ += size;
        if (glyph.is_escape) {
            for (std::size_t i = 0; i < glyph.count && used < room; i++, used++) cell(glyph.characters[i]);
            continue;
        }
        Cell& base = cell(glyph.characters[0]);
        for (std::size_t i = 1; i < glyph.count; i++) base.characters[i] = glyph.characters[i];
        if (glyph.columns == 2) row[x + used + 1] = {{0}, look};
        used += glyph.columns;
    }
    if (is_cut && width > 0) {
        Glyph mark;
        next_glyph(ellipsis(charset_), charset_, mark);
        cell(mark.is_escape ? U'~' : mark.characters[0]);
        used++;
    }
    return used;
}

void Grid::paint(std::size_t y, Look look) {
    if (y >= rows_) return;
    for (std::size_t x = 0; x < columns_; x++) cells_[y * columns_ + x].look = look;
}

std::string Grid::row(std::size_t y) const {
    std::string text;
    for (std::size_t x = 0; x < columns_; x++)
        for (const char32_t character : at(x, y).characters)
            if (character != 0) append_utf8(text, character);
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

}  // namespace quell::cli::console
