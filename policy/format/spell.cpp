// SPDX-License-Identifier: Apache-2.0
#include "policy/format/spell.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>

#include "policy/document/source_text.h"
#include "user/base/escape.h"

namespace quell::policy {
namespace {

// Bytes of the first character; 1 for a byte that is none.
std::size_t character_size(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return std::min(size, text.size());
}

bool is_seen(std::string_view character) { return character == "\\" || escape(character) == character; }

bool is_seen_whole(std::string_view value) {
    for (std::size_t size = 0; !value.empty(); value.remove_prefix(size)) {
        size = character_size(value);
        if (!is_seen(value.substr(0, size))) return false;
    }
    return true;
}

std::string escaped(std::string_view character) {
    if (character == "\n") return "\\n";
    std::uint32_t code = static_cast<unsigned char>(character.front());
    if (character.size() > 1) code &= 0xffu >> (character.size() + 1);
    for (const char c : character.substr(1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3f);
    std::array<char, 12> text{};
    std::snprintf(text.data(), text.size(), code < 0x100 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x", code);
    return text.data();
}

bool is_null(std::string_view value) { return value == "~" || value == "null" || value == "Null" || value == "NULL"; }

bool can_be_plain(std::string_view value, bool flow) {
    if (value.empty() || is_null(value)) return false;
    if (std::string_view("-?:,[]{}#&*!|>'\"%@`= ").find(value.front()) != std::string_view::npos) return false;
    if (value.ends_with(' ') || value.ends_with(':') || value.starts_with("...")) return false;
    if (value.find(": ") != std::string_view::npos || value.find(" #") != std::string_view::npos) return false;
    // yaml-cpp ends a plain text in brackets at any question mark
    return !flow || value.find_first_of(",[]{}:?") == std::string_view::npos;
}

// What some reader of YAML would take for a number, a date or a truth value.
bool looks_typed(std::string_view value) {
    static constexpr std::array<std::string_view, 8> kTruths = {"y", "n", "yes", "no", "on", "off", "true", "false"};
    std::string lower(value);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (std::find(kTruths.begin(), kTruths.end(), lower) != kTruths.end()) return true;
    if (lower.starts_with("0x") || lower.starts_with("0o") || lower == ".inf" || lower == ".nan" || lower == "<<") return true;
    return lower.find_first_not_of("0123456789+-._:e") == std::string::npos;
}

std::string single_quoted(std::string_view value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'') text += '\'';
        text += c;
    }
    return text + "'";
}

std::string double_quoted(std::string_view value) {
    std::string text = "\"";
    for (std::size_t size = 0; !value.empty(); value.remove_prefix(size)) {
        size = character_size(value);
        const std::string_view character = value.substr(0, size);
        if (!is_seen(character)) {
            text += escaped(character);
            continue;
        }
        if (character == "\"" || character == "\\") text += '\\';
        text += character;
    }
    return text + "\"";
}

}  // namespace

std::string spell(std::string_view value, bool flow, bool was_plain) {
    if (!is_seen_whole(value)) return double_quoted(value);
    if (can_be_plain(value, flow) && (was_plain || !looks_typed(value))) return std::string(value);
    const bool has_single = value.find('\'') != std::string_view::npos;
    return has_single && value.find_first_of("\"\\") == std::string_view::npos ? double_quoted(value) : single_quoted(value);
}

std::vector<std::string> fold(std::string_view value, std::size_t width) {
    if (value.empty() || !is_seen_whole(value) || value.find("  ") != std::string_view::npos || value.front() == ' ' ||
        value.back() == ' ')
        return {};
    std::vector<std::string> lines;
    while (!value.empty()) {
        const std::size_t end = std::min(value.find(' '), value.size());
        const std::string word(value.substr(0, end));
        value.remove_prefix(std::min(end + 1, value.size()));
        if (!lines.empty() && characters(lines.back(), lines.back().size()) + 1 + characters(word, word.size()) <= width)
            lines.back() += " " + word;
        else
            lines.push_back(word);
    }
    return lines;
}

}  // namespace quell::policy
