// SPDX-License-Identifier: Apache-2.0
// PlacedText: text that YAML has folded, joined or unquoted, which still knows
// where each of its bytes stands in the file. Conditions are read from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document/node.h"

namespace quell::policy::falco {

// Where the lines of a file begin: 4 bytes a line, kept while it is read. The
// text must outlive this. Thread-safe once made.
class Lines {
public:
    explicit Lines(std::string_view text);
    [[nodiscard]] std::string_view text() const { return text_; }
    // Of a place in this text; the text's size where there is no such place.
    [[nodiscard]] std::size_t offset(std::uint32_t line, std::uint32_t column) const;

private:
    std::string_view text_;
    std::vector<std::uint32_t> starts_;
};

// Not thread-safe while it is appended to.
class PlacedText {
public:
    PlacedText() = default;
    // A scalar's value. From an escape like \x41 on, all of the rest is placed
    // there: what follows is not looked for.
    PlacedText(const Node& scalar, const Lines& lines);

    void append(const PlacedText& more);
    // Text that stands nowhere: all of it is said to be at `where`.
    void append(std::string_view text, const Location& where);

    [[nodiscard]] const std::string& text() const { return text_; }
    // `width` bytes from the byte at `offset` on, or from the text's end.
    [[nodiscard]] Location at(std::size_t offset, std::size_t width) const;

private:
    // From byte `begin` on, the text stands at `where`: byte for byte, or, if
    // it is fixed, altogether.
    struct Run {
        std::uint32_t begin = 0;
        bool fixed = false;
        Location where;
    };
    void align(const Node& scalar, const Lines& lines);

    std::string text_;
    std::vector<Run> runs_;
};

}  // namespace quell::policy::falco
