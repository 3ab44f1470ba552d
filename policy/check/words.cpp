// SPDX-License-Identifier: Apache-2.0
#include "policy/check/words.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "policy/limits.h"

namespace quell::policy {
namespace {

// A longer word is no misspelling of ours, and the distance is quadratic.
constexpr std::size_t kLongestGuess = 32;

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); i++) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); j++) {
            const std::size_t replace = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
            diagonal = row[j];
            row[j] = std::min({replace, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

std::string suggestion(std::string_view written, std::span<const std::string_view> words) {
    if (written.size() <= kLongestGuess) {
        std::string_view best;
        std::size_t best_distance = std::max<std::size_t>(2, written.size() / 3) + 1;
        for (std::string_view word : words) {
            const std::size_t distance = edit_distance(written, word);
            if (distance < best_distance && distance < word.size()) {
                best = word;
                best_distance = distance;
            }
        }
        if (!best.empty()) return "did you mean '" + std::string(best) + "'?";
    }
    std::string list;
    for (auto word = words.begin(); word != words.end(); ++word)  // one may stand there twice, with two meanings
        if (std::find(words.begin(), word, *word) == word) list += (list.empty() ? "one of: " : ", ") + std::string(*word);
    return list;
}

std::optional<std::uint64_t> parse_duration(std::string_view text) {
    if (text.size() < 2) return std::nullopt;
    std::uint64_t unit = 0;
    switch (text.back()) {
        case 's': unit = kSecond; break;
        case 'm': unit = 60 * kSecond; break;
        case 'h': unit = 3'600 * kSecond; break;
        case 'd': unit = 86'400 * kSecond; break;
        default: return std::nullopt;
    }
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t number = 0;
    for (char c : text.substr(0, text.size() - 1)) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number > kMost / 100 ? kMost / 10 : number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return number > kMost / unit ? kMost : number * unit;
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kMaxNameBytes && is_alnum(text[0]) &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

bool is_printable(std::string_view text, bool lines) {
    for (std::size_t i = 0; i < text.size(); i++) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte == '\n' && lines) continue;
        if (byte < 0x20 || byte == 0x7f) return false;
        // C1 controls, which terminals obey too
        if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
    }
    return true;
}

}  // namespace quell::policy
