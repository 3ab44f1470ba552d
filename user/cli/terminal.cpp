// SPDX-License-Identifier: Apache-2.0
#include "user/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "user/base/escape.h"

namespace quell::cli {

namespace {

// Narrower is unreadable, wider is hard to follow with the eye.
constexpr std::size_t kColumnsMin = 80;
constexpr std::size_t kColumnsMax = 200;

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};
constexpr std::array kNoWidth = {Range{0x300, 0x36f}, Range{0x483, 0x489}, Range{0x591, 0x5bd}, Range{0x610, 0x61a},
                                 Range{0x64b, 0x65f}, Range{0x1ab0, 0x1aff}, Range{0x20d0, 0x20ff}, Range{0xfe20, 0xfe2f}};
constexpr std::array kWide = {Range{0x1100, 0x115f}, Range{0x2e80, 0xa4cf}, Range{0xac00, 0xd7a3}, Range{0xf900, 0xfaff}, Range{0xfe30, 0xfe6f},
                              Range{0xff00, 0xff60}, Range{0xffe0, 0xffe6}, Range{0x1f300, 0x1faff}, Range{0x20000, 0x3fffd}};

std::size_t character_width(std::uint32_t character) {
    const auto in = [character](const Range& range) { return character >= range.first && character <= range.last; };
    if (std::ranges::any_of(kNoWidth, in)) return 0;
    return std::ranges::any_of(kWide, in) ? 2 : 1;
}

// The bytes of the character at `at`; its code in `character`.
std::size_t next_character(std::string_view text, std::size_t at, std::uint32_t& character) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t size = std::min<std::size_t>(lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4, text.size() - at);
    character = size == 1 ? lead : lead & (0xffu >> (size + 1));
    for (std::size_t i = 1; i < size; i++) character = character << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3fu);
    return size;
}

}  // namespace

std::string safe(std::string_view text) {
    std::string out;
    for (;;) {
        const std::size_t end = text.find('\\');
        out += escape(text.substr(0, end));
        if (end == std::string_view::npos) return out;
        out += '\\';
        text.remove_prefix(end + 1);
    }
}

std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    std::uint32_t character = 0;
    for (std::size_t at = 0; at < text.size();) {
        at += next_character(text, at, character);
        width += character_width(character);
    }
    return width;
}

std::string fit(std::string_view text, std::size_t width) {
    if (width_of(text) <= width) return std::string(text);
    if (width == 0) return {};
    std::size_t used = 0;
    std::size_t at = 0;
    std::uint32_t character = 0;
    while (at < text.size()) {
        const std::size_t size = next_character(text, at, character);
        if (used + character_width(character) > width - 1) break;
        used += character_width(character);
        at += size;
    }
    return std::string(text.substr(0, at)) + "…";
}

Terminal::Terminal() {
    const char* const no_colour = std::getenv("NO_COLOR");
    const char* const term = std::getenv("TERM");
    const bool is_terminal = isatty(STDOUT_FILENO) == 1;
    colours_ = is_terminal && !(no_colour && *no_colour) && term && std::string_view(term) != "dumb";
    columns_ = kColumnsMax;
    winsize size{};
    if (const char* const columns = std::getenv("COLUMNS"))
        columns_ = static_cast<std::size_t>(std::strtoul(columns, nullptr, 10));
    else if (is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
        columns_ = size.ws_col;
    columns_ = std::clamp(columns_, kColumnsMin, kColumnsMax);
}

void Terminal::print(std::string_view text) const {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

bool Terminal::flush() const { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0; }

void Terminal::note(std::string_view text) const {
    std::fflush(stdout);
    std::fprintf(stderr, "quell: %.*s\n", static_cast<int>(text.size()), text.data());
}

void Terminal::prompt(std::string_view text) const {
    std::fflush(stdout);
    std::fwrite(text.data(), 1, text.size(), stderr);
}

std::string Terminal::paint(Colour colour, std::string_view text) const {
    constexpr std::array<std::string_view, 4> kCodes = {"31", "32", "33", "1"};
    if (!colours_) return std::string(text);
    return "\033[" + std::string(kCodes[static_cast<std::size_t>(colour)]) + "m" + std::string(text) + "\033[0m";
}

}  // namespace quell::cli
