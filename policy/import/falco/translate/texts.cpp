// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/texts.h"

#include <algorithm>

#include "policy/format/spell.h"
#include "policy/import/falco/letters.h"

namespace quell::policy::falco {
namespace {

constexpr std::string_view kSpecialInPaths = "*?[]{}\\";
constexpr std::string_view kSpecialInTexts = "*?[\\";

using Kind = Piece::Kind;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

void add(Glob& glob, Kind kind, std::string text) {
    if (kind == Kind::kStar && !glob.empty() && glob.back().kind == Kind::kStar) return;
    glob.push_back({kind, std::move(text)});
}

// Of fnmatch(3) with FNM_EXTMATCH, as far as ours have it.
std::optional<Glob> parse_glob(std::string_view text) {
    Glob glob;
    for (std::size_t i = 0; i < text.size(); i++) {
        const char c = text[i];
        if (i + 1 < text.size() && text[i + 1] == '(' && std::string_view("?*+@!").find(c) != std::string_view::npos) return std::nullopt;
        if (c == '\\' && i + 1 < text.size()) {
            add(glob, Kind::kByte, std::string(1, text[++i]));
        } else if (c == '*') {
            add(glob, Kind::kStar, "*");
        } else if (c == '?') {
            add(glob, Kind::kAny, "?");
        } else if (c == '[') {
            const std::size_t begin = i + 1 + (i + 1 < text.size() && (text[i + 1] == '!' || text[i + 1] == '^') ? 1 : 0);
            const std::size_t end = text.find(']', begin + 1);
            if (end == std::string_view::npos) return std::nullopt;
            const std::string_view members = text.substr(begin, end - begin);
            if (members.find_first_of("[]\\/") != std::string_view::npos) return std::nullopt;
            add(glob, Kind::kSet, "[" + std::string(begin > i + 1 ? "!" : "") + std::string(members) + "]");
            i = end;
        } else {
            add(glob, Kind::kByte, std::string(1, c));
        }
    }
    return glob;
}

// Nothing where a set of bytes would have to be changed.
std::optional<Glob> without_case(Glob glob) {
    for (Piece& piece : glob) {
        if (piece.kind == Kind::kSet) return std::nullopt;
        if (piece.kind != Kind::kByte || !is_letter(piece.text[0])) continue;
        piece = {Kind::kSet, std::string("[") + upper(piece.text[0]) + lower(piece.text[0]) + "]"};
    }
    return glob;
}

struct Shape {
    bool star_before = false;
    bool star_behind = false;
    bool is_glob = false;
    bool ignores_case = false;
};

std::optional<Shape> shape_of(Operator op) {
    switch (op) {
        case Operator::kEqual:
        case Operator::kIn:
        case Operator::kIntersects: return Shape{};  // of one value
        case Operator::kContains: return Shape{true, true, false, false};
        case Operator::kIcontains: return Shape{true, true, false, true};
        case Operator::kStartswith: return Shape{false, true, false, false};
        case Operator::kEndswith: return Shape{true, false, false, false};
        case Operator::kGlob: return Shape{false, false, true, false};
        case Operator::kIglob: return Shape{false, false, true, true};
        default: return std::nullopt;
    }
}

// What the transformers leave of the case: 0 nothing to say, 'l', 'u'; nothing if there are others.
std::optional<char> folding(const std::vector<Transformer>& transformers) {
    if (transformers.empty()) return '\0';
    if (transformers.size() > 1) return std::nullopt;
    if (transformers[0] == Transformer::kToLower) return 'l';
    if (transformers[0] == Transformer::kToUpper) return 'u';
    return std::nullopt;
}

bool is_folded(std::string_view text, char fold) {
    return std::all_of(text.begin(), text.end(), [&](char c) { return fold == 'l' ? c == lower(c) : c == upper(c); });
}

bool is_control(const Piece& piece) {
    const auto byte = static_cast<unsigned char>(piece.text[0]);
    return piece.kind == Kind::kByte && (byte < 0x20 || byte == 0x7f);
}

std::string written(const Glob& glob, std::string_view special) {
    std::string text;
    for (const Piece& piece : glob) {
        if (piece.kind == Kind::kByte && special.find(piece.text[0]) != std::string_view::npos) text += '\\';
        text += piece.text;
    }
    return text;
}

}  // namespace

std::optional<std::vector<Glob>> globs_of(const Check& check) {
    const auto shape = shape_of(check.op);
    const auto fold = folding(check.left.transformers);
    if (!shape || !fold || check.right) return std::nullopt;
    std::vector<Glob> globs;
    for (const Value& value : check.values) {
        if (value.text == "<NA>" || value.text == "N/A") continue;
        if (*fold != '\0' && !is_folded(value.text, *fold)) continue;  // never equal
        auto glob = shape->is_glob ? parse_glob(value.text) : literal(value.text);
        if (glob && (shape->ignores_case || *fold != '\0')) glob = without_case(std::move(*glob));
        if (!glob) return std::nullopt;
        if (shape->star_before) glob = joined(star(), *glob);
        if (shape->star_behind) glob = joined(std::move(*glob), star());
        globs.push_back(std::move(*glob));
    }
    return globs;
}

std::optional<Check> without_basename(const Check& check) {
    if (check.left.transformers.empty() || check.left.transformers.back() != Transformer::kBasename) return std::nullopt;
    Check inner = check;
    inner.left.transformers.pop_back();
    return inner;
}

Glob literal(std::string_view text) {
    Glob glob;
    for (const char c : text) glob.push_back({Kind::kByte, std::string(1, c)});
    return glob;
}

Glob joined(Glob first, const Glob& second) {
    for (const Piece& piece : second) add(first, piece.kind, piece.text);
    return first;
}

Glob star() { return {{Kind::kStar, "*"}}; }

Glob within_name(Glob glob) {
    for (Piece& piece : glob)
        if (piece.kind == Kind::kStar) piece.kind = Kind::kName;
    return glob;
}

std::optional<std::string> plain_text(const Glob& glob) {
    std::string text;
    for (const Piece& piece : glob) {
        if (piece.kind != Kind::kByte) return std::nullopt;
        text += piece.text;
    }
    return text;
}

bool begins_with_star(const Glob& glob) { return !glob.empty() && glob.front().kind == Kind::kStar; }

std::string glob_text(const Glob& glob) { return written(glob, kSpecialInPaths); }

std::string text_value(const Glob& glob) { return spelt(written(glob, kSpecialInTexts)); }

std::string placed_value(const Glob& glob, unsigned place) { return "{at: " + std::to_string(place) + ", is: " + text_value(glob) + "}"; }

bool has_controls(const Glob& glob) { return std::any_of(glob.begin(), glob.end(), is_control); }

Glob without_controls(Glob glob) {
    for (Piece& piece : glob)
        if (is_control(piece)) piece = {Kind::kAny, "?"};
    return glob;
}

std::string spelt(std::string_view text) { return spell(text, true, true); }

}  // namespace quell::policy::falco
