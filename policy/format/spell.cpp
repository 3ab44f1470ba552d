// SPDX-License-Identifier: Apache-2.0
#include "policy/format/spell.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "policy/document/source_text.h"

namespace quell::policy {
namespace {

bool is_null(std::string_view value) { return value == "~" || value == "null" || value == "Null" || value == "NULL"; }

bool can_be_plain(std::string_view value, bool flow) {
    if (value.empty() || is_null(value) || value.find('\n') != std::string_view::npos) return false;
    if (std::string_view("-?:,[]{}#&*!|>'\"%@`= ").find(value.front()) != std::string_view::npos) return false;
    if (value.ends_with(' ') || value.ends_with(':') || value.starts_with("...")) return false;
    if (value.find(": ") != std::string_view::npos || value.find(" #") != std::string_view::npos) return false;
    return !flow || value.find_first_of(",[]{}:") == std::string_view::npos;
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
    for (const char c : value) {
        if (c == '\n') {
            text += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + "\"";
}

}  // namespace

std::string spell(std::string_view value, bool flow, bool was_plain) {
    if (can_be_plain(value, flow) && (was_plain || !looks_typed(value))) return std::string(value);
    if (value.find('\n') != std::string_view::npos) return double_quoted(value);
    const bool has_single = value.find('\'') != std::string_view::npos;
    return has_single && value.find_first_of("\"\\") == std::string_view::npos ? double_quoted(value) : single_quoted(value);
}

std::vector<std::string> fold(std::string_view value, std::size_t width) {
    if (value.empty() || value.find('\n') != std::string_view::npos || value.find("  ") != std::string_view::npos || value.front() == ' ' ||
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
