// SPDX-License-Identifier: Apache-2.0
#include "user/cli/console/text.h"

#include <wchar.h>

#include <algorithm>

namespace quell::cli::console {

namespace {

struct Script {
    char32_t first;
    char32_t last;
};
// Blocks whose letters are strongly right-to-left.
constexpr std::array kRightToLeft = {Script{0x590, 0x8ff}, Script{0xfb1d, 0xfdff}, Script{0xfe70, 0xfefe}, Script{0x10800, 0x10fff}, Script{0x1e800, 0x1efff}};

// The bytes of the well-formed character at the start; 0 if there is none.
std::size_t decode_one(std::string_view text, char32_t& character) {
    const auto lead = static_cast<unsigned char>(text[0]);
    character = lead;
    if (lead < 0x80) return 1;
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
    character = lead & (0xffu >> (size + 1));
    for (std::size_t i = 1; i < size; i++) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xc0u) != 0x80) return 0;
        character = character << 6 | (byte & 0x3fu);
    }
    return size;
}

// -1: not to be shown as it is. 0: combines with what is before it.
int columns_of_character(char32_t character, Charset charset) {
    if (character < 0x80) return character >= 0x20 && character != 0x7f ? 1 : -1;
    if (charset == Charset::Ascii) return -1;
    if (std::ranges::any_of(kRightToLeft, [=](const Script& script) { return character >= script.first && character <= script.last; })) return -1;
    const int columns = wcwidth(static_cast<wchar_t>(character));
    return columns > 2 ? -1 : columns;
}

void escape_bytes(std::string_view bytes, Glyph& glyph) {
    constexpr char32_t kDigits[] = U"0123456789abcdef";
    glyph = {};
    glyph.is_escape = true;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        for (const char32_t one : {U'\\', U'x', kDigits[byte >> 4], kDigits[byte & 15]}) glyph.characters[glyph.count++] = one;
    }
    glyph.columns = glyph.count;
}

}  // namespace

std::size_t next_glyph(std::string_view text, Charset charset, Glyph& glyph) {
    char32_t character = 0;
    std::size_t size = decode_one(text, character);
    const int columns = size == 0 ? -1 : columns_of_character(character, charset);
    // A mark without a base would sit on a cell that is not its own.
    if (columns <= 0) {
        size = std::max<std::size_t>(size, 1);
        escape_bytes(text.substr(0, size), glyph);
        return size;
    }
    glyph = {};
    glyph.characters[glyph.count++] = character;
    glyph.columns = static_cast<std::uint8_t>(columns);
    while (size < text.size()) {
        const std::size_t more = decode_one(text.substr(size), character);
        if (more == 0 || columns_of_character(character, charset) != 0) break;
        if (glyph.count < kCellCharacters) glyph.characters[glyph.count++] = character;
        size += more;
    }
    return size;
}

std::size_t columns_of(std::string_view text, Charset charset, std::size_t most) {
    std::size_t columns = 0;
    Glyph glyph;
    while (!text.empty() && columns <= most) {
        text.remove_prefix(next_glyph(text, charset, glyph));
        columns += glyph.columns;
    }
    return columns;
}

std::string_view ellipsis(Charset charset) { return charset == Charset::Ascii ? "~" : "…"; }

std::vector<std::string> wrap(std::string_view text, std::size_t columns, std::size_t lines, Charset charset) {
    std::vector<std::string> out;
    Glyph glyph;
    for (;;) {
        std::size_t end = 0, used = 0, blank = 0;
        while (end < text.size()) {
            const std::size_t size = next_glyph(text.substr(end), charset, glyph);
            if (used + glyph.columns > columns) break;
            if (text[end] == ' ' && end > 0) blank = end;
            used += glyph.columns;
            end += size;
        }
        if (end >= text.size()) {
            out.emplace_back(text);
            return out;
        }
        // A blank far to the left would leave most of the line empty.
        if (text[end] != ' ' && blank > end / 2) end = blank;
        if (end == 0) end = 1;  // narrower than one escape: not in use
        out.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
        if (text.starts_with(' ')) text.remove_prefix(1);
        if (out.size() < lines) continue;
        std::string& last = out.back();
        while (!last.empty() && columns_of(last, charset, columns) + 1 > columns) remove_last(last);
        last += ellipsis(charset);
        return out;
    }
}

void append_utf8(std::string& text, char32_t character) {
    const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (character >> shift & 0x3f)); };
    if (character < 0x80) {
        text += static_cast<char>(character);
    } else if (character < 0x800) {
        text += static_cast<char>(0xc0 | character >> 6);
        tail(0);
    } else if (character < 0x10000) {
        text += static_cast<char>(0xe0 | character >> 12);
        tail(6);
        tail(0);
    } else {
        text += static_cast<char>(0xf0 | character >> 18);
        tail(12);
        tail(6);
        tail(0);
    }
}

void remove_last(std::string& text) {
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.back());
        text.pop_back();
        if ((byte & 0xc0) != 0x80) return;
    }
}

}  // namespace quell::cli::console
