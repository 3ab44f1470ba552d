// SPDX-License-Identifier: Apache-2.0
#include "user/base/escape.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace quell {
namespace {

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};

// Sorted. Surrogates and overlong forms never get here: they do not decode.
constexpr std::array kUnprintable = {
    Range{0x80, 0xa0},        // C1 controls, no-break space
    Range{0xad, 0xad},        // soft hyphen
    Range{0x34f, 0x34f},      // combining grapheme joiner
    Range{0x600, 0x605},      // Arabic number signs (format)
    Range{0x61c, 0x61c},      // Arabic letter mark
    Range{0x6dd, 0x6dd},      // Arabic end of ayah (format)
    Range{0x70f, 0x70f},      // Syriac abbreviation mark
    Range{0x890, 0x891},      // Arabic pound and piastre marks
    Range{0x8e2, 0x8e2},      // Arabic disputed end of ayah
    Range{0x115f, 0x1160},    // Hangul fillers: blank
    Range{0x1680, 0x1680},    // Ogham space
    Range{0x17b4, 0x17b5},    // Khmer inherent vowels: invisible
    Range{0x180b, 0x180f},    // Mongolian selectors and separator
    Range{0x2000, 0x200f},    // spaces, zero width, direction marks
    Range{0x2028, 0x202f},    // separators, bidi embedding, narrow space
    Range{0x205f, 0x206f},    // mathematical space, joiners, isolates
    Range{0x2800, 0x2800},    // blank Braille pattern
    Range{0x3000, 0x3000},    // ideographic space
    Range{0x3164, 0x3164},    // Hangul filler: blank
    Range{0xe000, 0xf8ff},    // private use
    Range{0xfdd0, 0xfdef},    // non-characters
    Range{0xfe00, 0xfe0f},    // variation selectors
    Range{0xfeff, 0xfeff},    // byte order mark
    Range{0xffa0, 0xffa0},    // halfwidth Hangul filler
    Range{0xfff0, 0xfffb},    // specials, interlinear annotation
    Range{0xfffe, 0xffff},    // non-characters
    Range{0x110bd, 0x110bd},  // Kaithi number sign
    Range{0x110cd, 0x110cd},  // Kaithi number sign above
    Range{0x13430, 0x1343f},  // hieroglyph format controls
    Range{0x1bca0, 0x1bca3},  // shorthand format controls
    Range{0x1d173, 0x1d17a},  // musical format controls
    Range{0xe0000, 0x10ffff}, // tags, selectors, private use
};

bool printable(std::uint32_t character) {
    if (character < 0x80) return character >= 0x20 && character != 0x7f;
    if ((character & 0xfffe) == 0xfffe) return false;  // the last two of every plane
    const auto range = std::lower_bound(kUnprintable.begin(), kUnprintable.end(), character,
                                        [](const Range& r, std::uint32_t c) { return r.last < c; });
    return range == kUnprintable.end() || character < range->first;
}

// Length of the well-formed UTF-8 sequence at the start of `bytes` and its
// character; 0 if there is none.
std::size_t decode(std::string_view bytes, std::uint32_t& character) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) {
        character = lead;
        return 1;
    }
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || bytes.size() < size) return 0;
    std::uint32_t value = lead & (0xff >> (size + 1));
    for (std::size_t i = 1; i < size; i++) {
        if ((byte(i) & 0xc0) != 0x80) return 0;
        value = value << 6 | (byte(i) & 0x3f);
    }
    constexpr std::array<std::uint32_t, 5> kLowest = {0, 0, 0x80, 0x800, 0x10000};
    if (value < kLowest[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return 0;
    character = value;
    return size;
}

void append_hex(std::string& out, unsigned char byte) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += "\\x";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
}

}  // namespace

std::string escape(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        std::uint32_t character = 0;
        const std::size_t size = decode(bytes, character);
        if (size == 0 || !printable(character)) {
            const std::size_t bad = std::max<std::size_t>(size, 1);
            for (std::size_t i = 0; i < bad; i++) append_hex(out, static_cast<unsigned char>(bytes[i]));
            bytes.remove_prefix(bad);
            continue;
        }
        if (character == '\\') out += '\\';
        out.append(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
    return out;
}

std::string escape_controls(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f)
            append_hex(out, byte);
        else
            out += c;
    }
    return out;
}

std::string escape_cut(std::string_view bytes, std::size_t max_bytes) {
    if (bytes.size() <= max_bytes) return escape(bytes);
    std::size_t end = max_bytes;
    // Not in the middle of a character: its first half would show as \xNN.
    for (int i = 0; i < 3 && end > 0 && (static_cast<unsigned char>(bytes[end]) & 0xc0) == 0x80; i++) end--;
    return escape(bytes.substr(0, end)) + "…";
}

}  // namespace quell
