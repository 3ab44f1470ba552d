// SPDX-License-Identifier: Apache-2.0
// Text as cells of a terminal show it. Widths are those of wcwidth(3), so of
// the locale that was set. What no cell can hold, or what would move its
// neighbours, becomes \xNN. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quell::cli::console {

enum class Charset : std::uint8_t { Utf8, Ascii };

// A base character and what combines with it. More marks than that are dropped: a tower of them is no text.
inline constexpr std::size_t kCellCharacters = 4;

// What stands at the start of a text: either one cell, or two for a wide
// character, or an escape of one column for each of its characters.
struct Glyph {
    std::array<char32_t, 16> characters{};
    std::uint8_t count = 0;
    std::uint8_t columns = 0;
    bool is_escape = false;
};

// Takes the first glyph of `text`, which is not empty; the bytes that it has.
// Letters of scripts that are written from right to left are escaped, too:
// terminals reorder them together with the digits and columns around them.
std::size_t next_glyph(std::string_view text, Charset charset, Glyph& glyph);

// Columns of `text`; counting ends once it is more than `most`.
[[nodiscard]] std::size_t columns_of(std::string_view text, Charset charset, std::size_t most);

// Lines of at most `columns` (at least 16), broken at blanks where there are
// some. Never empty; at most `lines`, of which the last then ends with an ellipsis.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t columns, std::size_t lines, Charset charset);

[[nodiscard]] std::string_view ellipsis(Charset charset);

void append_utf8(std::string& text, char32_t character);
// Removes the last character, with what combines with it left as it is.
void remove_last(std::string& text);

}  // namespace quell::cli::console
