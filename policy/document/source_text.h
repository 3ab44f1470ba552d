// SPDX-License-Identifier: Apache-2.0
// A policy file's text and places in it. Immutable; keeps no index of lines,
// which for a hostile file would be larger than the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace quell::policy {

// A policy file as it was read.
struct Source {
    std::string file;
    std::string text;
};

// A place: index into the run's sources, line and byte column from 1 (line 0:
// the file as a whole), length in bytes.
struct Location {
    std::uint32_t source = 0;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::uint32_t width = 0;
};

class SourceText {
public:
    // `source` must outlive this.
    explicit SourceText(const Source& source) : source_(&source) {}

    [[nodiscard]] const std::string& file() const { return source_->file; }
    [[nodiscard]] std::string_view text() const { return source_->text; }
    // Without its line end; "" where there is no such line. Reads up to there.
    [[nodiscard]] std::string_view line(std::uint32_t number) const;
    // How many there are. Reads all.
    [[nodiscard]] std::size_t lines() const;

private:
    const Source* source_;
};

// Bytes of the character of valid UTF-8 at the start of `text` (no overlong
// forms, no surrogates), 0 if there is none.
[[nodiscard]] std::size_t utf8_size(std::string_view text);
[[nodiscard]] bool is_utf8(std::string_view text);

// Takes the next line off `rest`, without its line end.
[[nodiscard]] std::string_view next_line(std::string_view& rest);

// Characters of valid UTF-8 in the first `bytes` of `text`.
[[nodiscard]] std::uint32_t characters(std::string_view text, std::size_t bytes);

// The first `bytes` of `text` or fewer, never cutting a character of UTF-8.
[[nodiscard]] std::string_view cut_text(std::string_view text, std::size_t bytes);

}  // namespace quell::policy
