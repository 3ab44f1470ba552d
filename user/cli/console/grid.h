// SPDX-License-Identifier: Apache-2.0
// Grid: the cells of one frame, without a terminal. Whatever is put stays in
// its row and its columns. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "user/cli/console/text.h"

namespace quell::cli::console {

enum class Tone : std::uint8_t { Plain, Good, Warning, Bad, Accent };

// How text looks. Without colours the tones are told apart by bold and
// underline, as far as the terminal has them; what matters is in words, too.
struct Look {
    Tone tone = Tone::Plain;
    bool bold = false;
    bool dim = false;
    bool reverse = false;
    bool operator==(const Look&) const = default;
};

// The right half of a wide character is a cell without characters.
struct Cell {
    std::array<char32_t, kCellCharacters> characters{U' '};
    Look look;
    bool operator==(const Cell&) const = default;
};

class Grid {
public:
    Grid(std::size_t columns, std::size_t rows, Charset charset) : columns_(columns), rows_(rows), charset_(charset), cells_(columns * rows) {}

    // From column `x` on, at most `columns`, never beyond the row; what is cut
    // ends with an ellipsis. Returns the columns that were used.
    std::size_t put(std::size_t x, std::size_t y, std::string_view text, Look look = {}, std::size_t columns = SIZE_MAX);
    // The whole row gets this look, blank or not: bars, the chosen row.
    void paint(std::size_t y, Look look);

    [[nodiscard]] std::size_t columns() const { return columns_; }
    [[nodiscard]] std::size_t rows() const { return rows_; }
    [[nodiscard]] Charset charset() const { return charset_; }
    [[nodiscard]] const Cell& at(std::size_t x, std::size_t y) const { return cells_[y * columns_ + x]; }
    // A row as UTF-8 without the blanks at its end, for tests.
    [[nodiscard]] std::string row(std::size_t y) const;
    // Bytes of text that were looked at, for tests: what a frame costs.
    [[nodiscard]] std::size_t work() const { return work_; }

    // Where the terminal's cursor is to be; nowhere unless text is typed.
    struct Place {
        std::size_t x;
        std::size_t y;
    };
    void set_cursor(std::size_t x, std::size_t y) { cursor_ = {std::min(x, columns_ - 1), y}, has_cursor_ = true; }
    [[nodiscard]] const Place* cursor() const { return has_cursor_ ? &cursor_ : nullptr; }

private:
    std::size_t columns_, rows_;
    Charset charset_;
    std::vector<Cell> cells_;
    std::size_t work_ = 0;
    Place cursor_{};
    bool has_cursor_ = false;
};

}  // namespace quell::cli::console
