// SPDX-License-Identifier: Apache-2.0
#include "policy/check/pattern.h"

#include <algorithm>

#include "policy/check/name_pattern.h"
#include "policy/limits.h"

namespace quell::policy {
namespace {

struct Refusal {
    Code code;
    std::string message;
    std::string hint;
};

// At most one star in a name, and only what the kernel compares at its ends.
// Other wildcards are refused, so that no policy changes its meaning when they come.
std::optional<Refusal> refuse_wildcards(std::string_view part) {
    if (part == "*" || part == "**") return std::nullopt;
    std::size_t stars = 0, piece = 0;
    for (std::size_t i = 0; i < part.size(); i++, piece++) {
        if (part[i] == '*') {
            stars++;
            piece = 0;
        } else if (part[i] == '\\') {
            if (++i == part.size() || kWildCharacters.find(part[i]) == std::string_view::npos)
                return Refusal{Code::kQ1204, "the backslash in " + in_quotes(part) + " stands before no wildcard", "write \\\\ for a backslash"};
        } else if (kWildCharacters.find(part[i]) != std::string_view::npos) {
            return Refusal{Code::kQ1204, "the wildcard '" + std::string(1, part[i]) + "' of " + in_quotes(part) + " is not supported",
                           "the wildcards are * and **; before a character that is meant itself write a backslash"};
        }
    }
    if (stars > 1)
        return Refusal{Code::kQ1204, in_quotes(part) + " has more than one star in a name", "write one: head*, *tail or head*tail; ** stands by itself"};
    const NamePattern name = name_pattern(part);
    if (stars == 1 && std::max(name.head.size(), name.tail.size()) > QUELL_PIECE_BYTES)
        return Refusal{Code::kQ1211, "beside the star of " + in_quotes(part) + " stand more than " + std::to_string(QUELL_PIECE_BYTES) + " bytes",
                       "write a shorter beginning or end"};
    return std::nullopt;
}

std::optional<Refusal> refuse_component(std::string_view part) {
    if (part.empty()) return Refusal{Code::kQ1202, "'//' never matches: the kernel sees one slash", "write one slash"};
    if (part == "." || part == "..")
        return Refusal{Code::kQ1202, in_quotes(part) + " never matches: the kernel sees paths without it",
                       "write the path without it"};
    if (part.size() > kMaxComponentBytes)
        return Refusal{Code::kQ1206,
                       "a component has " + std::to_string(part.size()) + " bytes, no file system has more than " +
                           std::to_string(kMaxComponentBytes),
                       ""};
    return refuse_wildcards(part);
}

std::optional<Refusal> refuse_path(std::string_view text) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (text.empty()) return Refusal{Code::kQ1104, "the path is empty", ""};
    if (std::any_of(text.begin(), text.end(), control))
        return Refusal{Code::kQ1205, "a path cannot hold control characters", ""};
    if (text.size() > kMaxPathBytes)
        return Refusal{Code::kQ1206,
                       "the path has " + std::to_string(text.size()) + " bytes, the kernel's have at most " +
                           std::to_string(kMaxPathBytes),
                       ""};
    if (text[0] != '/' && text.find('/') == std::string_view::npos)
        return Refusal{Code::kQ1201, "the path " + in_quotes(text) + " is not absolute", "begin it with a slash, or write " + in_quotes("**/" + std::string(text)) + " for such a name in any directory"};
    if (text[0] != '/')
        return Refusal{Code::kQ1201, "the path " + in_quotes(text) + " is not absolute", "begin it with a slash"};
    if (text == "/") return Refusal{Code::kQ1203, "the root itself is no entry", "write /* or /**"};
    if (text.ends_with('/') && !text.ends_with("//"))
        return Refusal{Code::kQ1203, "the path ends with a slash",
                       "write " + in_quotes(text.substr(0, text.size() - 1)) + " for the entry, " +
                           in_quotes(std::string(text) + "**") + " for everything below it"};
    return std::nullopt;
}

std::optional<Refusal> refuse(std::string_view text) {
    if (auto refusal = refuse_path(text)) return refusal;
    std::size_t count = 0;
    for (std::size_t at = 1; at <= text.size(); count++) {
        const std::size_t end = std::min(text.find('/', at), text.size());
        if (auto refusal = refuse_component(text.substr(at, end - at))) return refusal;
        at = end + 1;
    }
    if (count > kMaxComponents)
        return Refusal{Code::kQ1207,
                       "the path has " + std::to_string(count) + " components, at most " +
                           std::to_string(kMaxComponents) + " are accepted",
                       ""};
    return std::nullopt;
}

std::string directory_of(std::string_view text, std::size_t suffix) {
    return text.size() == suffix ? "/" : std::string(text.substr(0, text.size() - suffix));
}

// One spelling for what means the same: several ** in a row are one, and everything in everything below is that.
std::string normal_form(std::string_view text) {
    std::string normal;
    bool was_deep = false;
    for (std::string_view part : components(text)) {
        if (part == "**" && was_deep) continue;
        was_deep = part == "**";
        normal += "/" + std::string(part);
    }
    if (normal.ends_with("/**/*")) normal.resize(normal.size() - 2);
    return normal;
}

bool has_wildcards(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); i++) {
        if (text[i] == '*') return true;
        if (text[i] == '\\') i++;
    }
    return false;
}

std::string without_backslashes(std::string_view text) {
    std::string plain;
    for (std::string_view part : components(text)) plain += "/" + name_pattern(part).head;
    return plain.empty() ? "/" : plain;
}

}  // namespace

std::optional<Pattern> check_pattern(const Node& node, Findings& findings) {
    // a name in any directory may be written without the slash before it
    const std::string text = node.text.starts_with("**/") ? "/" + node.text : node.text;
    if (auto refusal = refuse(text)) {
        findings.add(refusal->code, node.where, std::move(refusal->message), std::move(refusal->hint), node.text);
        return std::nullopt;
    }
    return make_pattern(text, node.where);
}

Pattern make_pattern(std::string_view text, const Location& where) {
    const std::string normal = normal_form(text);
    const std::size_t suffix = normal.ends_with("/**") ? 3 : normal.ends_with("/*") ? 2 : 0;
    const std::string directory = directory_of(normal, suffix);
    if (has_wildcards(directory)) return Pattern{Pattern::Kind::kWild, normal, where};
    if (suffix == 3) return Pattern{Pattern::Kind::kCover, without_backslashes(directory), where};
    if (suffix == 2) return Pattern{Pattern::Kind::kStar, without_backslashes(directory), where};
    return Pattern{Pattern::Kind::kExact, without_backslashes(normal), where};
}

}  // namespace quell::policy
