// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/line_text.h"

#include <algorithm>

#include "policy/import/falco/translate/wild.h"

namespace quell::policy::falco {
namespace {

using Kind = Piece::Kind;

bool is_byte(const Piece& piece, char c) { return piece.kind == Kind::kByte && piece.text[0] == c; }

std::size_t command_option(const std::vector<Glob>& words) {
    std::size_t at = 0;
    while (at < words.size() && words[at] != literal("-c") && words[at] != literal("-lc")) at++;
    return at;
}

}  // namespace

std::vector<Glob> segments_of(const Glob& glob) {
    std::vector<Glob> segments;
    bool is_within = false;
    for (const Piece& piece : glob) {
        if (piece.kind == Kind::kStar) {
            is_within = false;
            continue;
        }
        if (!is_within) segments.emplace_back();
        is_within = true;
        segments.back().push_back(piece);
    }
    return segments;
}

bool ends_with_star(const Glob& glob) { return !glob.empty() && glob.back().kind == Kind::kStar; }

std::vector<Glob> words_of(const Glob& segment) {
    std::vector<Glob> words(1);
    for (const Piece& piece : segment) {
        if (is_byte(piece, ' '))
            words.emplace_back();
        else
            words.back().push_back(piece);
    }
    return words;
}

Glob joined_words(const std::vector<Glob>& words, std::size_t from, std::size_t to) {
    Glob all = words[from];
    for (std::size_t i = from + 1; i <= to; i++) all = joined(joined(std::move(all), literal(" ")), words[i]);
    return all;
}

std::vector<std::vector<Glob>> readings_of(const std::vector<Glob>& words) {
    if (words.size() == 1) return {words};
    const std::size_t option = command_option(words);
    if (option + 1 >= words.size()) return {words, {joined_words(words, 0, words.size() - 1)}};
    std::vector<Glob> reading(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(option) + 1);
    reading.push_back(joined_words(words, option + 1, words.size() - 1));
    return {std::move(reading)};
}

bool is_name(const Glob& glob, bool is_part) {
    if (glob.size() > kProcessNameBytes || (glob.empty() && !is_part)) return false;
    return std::none_of(glob.begin(), glob.end(), [](const Piece& piece) { return is_byte(piece, '/') || is_byte(piece, ' '); });
}

bool has_blank_piece(const Glob& glob) {
    return std::any_of(glob.begin(), glob.end(), [](const Piece& piece) { return (piece.kind == Kind::kAny || piece.kind == Kind::kSet) && wild_matches({piece}, " "); });
}

}  // namespace quell::policy::falco
