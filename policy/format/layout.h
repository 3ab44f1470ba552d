// SPDX-License-Identifier: Apache-2.0
// Layout: where in the text each scalar, flow collection and comment lies.
// Every byte of the text is one of them, white space or punctuation; a text
// with anything else has no layout, so that nothing is lost unseen.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document/node.h"
#include "user/base/result.h"

namespace quell::policy {

// Offsets are bytes of the text; `end` is one past the last.
struct Scalar {
    enum class Style { kPlain, kQuoted, kBlock };
    const Node* node = nullptr;
    Style style = Style::kPlain;
    std::size_t begin = 0;
    std::size_t end = 0;       // kBlock: the beginning of the line after it
    std::size_t indent = 0;    // kBlock: of its content, in columns
    std::size_t header = 0;    // kBlock: one past "|2-", before a comment
    bool explicit_indent = false;
    char chomp = '\0';         // kBlock: '-', '+' or none
};

struct Comment {
    std::size_t begin = 0;
    std::size_t column = 0;  // from 0
    std::string text;        // "# …", without blanks at its end
};

struct Layout {
    std::map<std::size_t, Scalar> scalars;           // by begin
    std::map<std::size_t, std::size_t> collections;  // in brackets: begin -> end
    std::vector<Comment> comments;                   // in the order of the text
};

// `text` has LF line ends only, and `root` is what parse() made of it; both
// must outlive the layout. Thread-safe. Error: why there is none, with the line.
[[nodiscard]] Result<Layout> lay_out(std::string_view text, const Node& root);

// Of a node: where it begins in the text.
class Offsets {
public:
    explicit Offsets(std::string_view text);
    [[nodiscard]] std::size_t of(const Location& where) const { return lines_.at(where.line - 1) + where.column - 1; }
    // From 1.
    [[nodiscard]] std::size_t line_of(std::size_t offset) const;

private:
    std::vector<std::size_t> lines_;
};

}  // namespace quell::policy
