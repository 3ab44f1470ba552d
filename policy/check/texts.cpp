// SPDX-License-Identifier: Apache-2.0
#include "policy/check/texts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include "policy/automaton/segments.h"
#include "policy/check/field_table.h"
#include "policy/check/fields.h"
#include "policy/limits.h"

namespace quell::policy {
namespace {

constexpr std::array kPlacedFields = {Field{"at", true}, Field{"is", true}};

bool has_positions(std::uint32_t field) { return field == QUELL_FIELD_ARGUMENTS || field == QUELL_FIELD_ALL_ARGUMENTS; }

auto key_of(const TextPattern& pattern) { return std::tie(pattern.glob, pattern.at); }

class Reader {
public:
    Reader(std::uint32_t field, Findings& findings) : field_(field), word_(kFieldRows[field].word), findings_(findings) {}

    std::vector<TextPattern> read(const Node& value) {
        std::vector<TextPattern> patterns;
        for (const Node& item : items_of(&value, word_, kMaxValuesPerCondition, findings_)) {
            const auto pattern = item.type == Node::Type::kMap && has_positions(field_) ? placed(item) : of(&item);
            if (pattern && is_new(patterns, *pattern)) patterns.push_back(*pattern);
        }
        normalise(patterns);
        return patterns;
    }

private:
    std::optional<TextPattern> of(const Node* value) {
        const Node* text = text_of(value, "an entry of " + std::string(word_), findings_);
        if (text == nullptr || !check(*text)) return std::nullopt;
        return TextPattern{text->text, std::nullopt, text->where};
    }

    std::optional<TextPattern> placed(const Node& item) {
        if (!check_map(item, "an entry of " + std::string(word_), kPlacedFields, findings_)) return std::nullopt;
        const auto at = position(text_of(item.find("at"), "at", findings_));
        auto pattern = of(item.find("is"));
        if (!at || !pattern) return std::nullopt;
        pattern->at = at;
        return pattern;
    }

    std::optional<std::uint32_t> position(const Node* text) {
        if (text == nullptr) return std::nullopt;
        std::uint32_t number = 0;
        const char* end = text->text.data() + text->text.size();
        const auto [stop, error] = std::from_chars(text->text.data(), end, number);
        if (error == std::errc{} && stop == end && number <= kMaxArgumentPosition) return number;
        findings_.add(Code::kQ1118, text->where, in_quotes(text->text) + " is no position of an argument", "0 to " + std::to_string(kMaxArgumentPosition) + ", argv[0] first", text->text);
        return std::nullopt;
    }

    bool is_new(const std::vector<TextPattern>& patterns, const TextPattern& pattern) {
        if (std::none_of(patterns.begin(), patterns.end(), [&](const TextPattern& other) { return key_of(other) == key_of(pattern); })) return true;
        findings_.add(Code::kQ1109, pattern.where, in_quotes(pattern.glob) + " stands twice in " + std::string(word_), "remove one", pattern.glob);
        return false;
    }

    bool refuse(Code code, const Node& text, const std::string& message, const std::string& hint) {
        findings_.add(code, text.where, message, hint, text.text);
        return false;
    }

    bool check(const Node& text) {
        const std::string& glob = text.text;
        const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
        if (std::any_of(glob.begin(), glob.end(), control)) return refuse(Code::kQ1116, text, "a pattern cannot hold control characters", "write ? for one byte, whatever it is");
        if (glob.size() > kMaxArgumentPatternBytes)
            return refuse(Code::kQ1119, text, "the pattern has " + std::to_string(glob.size()) + " bytes, at most " + std::to_string(kMaxArgumentPatternBytes) + " are accepted", "");
        if (glob.find_first_not_of('*') == std::string::npos) return refuse(Code::kQ1117, text, in_quotes(glob) + " holds for any text", "leave the key out");
        automaton::ByteSets sets;
        const automaton::Shaped shaped = automaton::shape_of({ArgumentPattern::Kind::kGlob, glob, kAnyArgument, 0}, sets);
        if (!shaped.refused.empty()) return refuse(Code::kQ1116, text, "the pattern " + in_quotes(glob) + " is not well-formed: " + shaped.refused, shaped.hint);
        if (field_ == QUELL_FIELD_ENVIRONMENT && glob.find('=') != std::string::npos && glob.find('[') == std::string::npos)
            return refuse(Code::kQ1209, text, in_quotes(glob) + " never matches: the names of variables end before the '='", "write the name alone");
        return true;
    }

    std::uint32_t field_;
    std::string_view word_;
    Findings& findings_;
};

}  // namespace

std::vector<TextPattern> read_texts(const Node& value, std::uint32_t field, Findings& findings) { return Reader(field, findings).read(value); }

void normalise(std::vector<TextPattern>& patterns) {
    std::sort(patterns.begin(), patterns.end(), [](const TextPattern& a, const TextPattern& b) { return key_of(a) < key_of(b); });
    patterns.erase(std::unique(patterns.begin(), patterns.end(), [](const TextPattern& a, const TextPattern& b) { return key_of(a) == key_of(b); }), patterns.end());
}

ArgumentPattern argument_pattern(const TextPattern& pattern, std::uint32_t field) {
    std::uint32_t places = pattern.at ? 1u << *pattern.at : kAnyArgument & ~1u;
    if (field == QUELL_FIELD_ENVIRONMENT) places = 1u << QUELL_PLACE_ENVIRONMENT;
    if (field == QUELL_FIELD_TARGET) places = 1u << QUELL_PLACE_TARGET;
    if (field == QUELL_FIELD_SOURCE) places = 1u << QUELL_PLACE_SOURCE;
    return {ArgumentPattern::Kind::kGlob, pattern.glob, places, 0};
}

}  // namespace quell::policy
