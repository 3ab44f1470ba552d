// SPDX-License-Identifier: Apache-2.0
#include "policy/check/names.h"

#include <algorithm>
#include <set>

#include "policy/check/fields.h"
#include "policy/check/words.h"
#include "policy/limits.h"

namespace quell::policy {
namespace {

bool is_pair(std::uint32_t field) { return field == QUELL_FIELD_CONTAINER_LABELS || field == QUELL_FIELD_CONTAINER_ANNOTATIONS; }

bool has_stars_in_a_row(std::string_view text) { return text.find("**") != std::string_view::npos; }

// Of a label or annotation the pattern must say name and value, if only by a star.
bool says_both(std::string_view text) { return text.find('=') != std::string_view::npos; }

}  // namespace

std::string_view outer_key(std::string_view word) { return word.substr(0, word.find('.')); }

const Node* find_key(const Node& node, std::string_view word) {
    const std::string_view outer = outer_key(word);
    const Node* value = node.find(outer);
    if (outer.size() == word.size() || value == nullptr) return value;
    return value->type == Node::Type::kMap ? value->find(word.substr(outer.size() + 1)) : nullptr;
}

void check_inner_maps(const Node& node, FieldPlace place, bool both, Findings& findings) {
    std::set<std::string_view> seen;
    for (const FieldRow& row : kFieldRows) {
        const std::string_view outer = outer_key(row.word);
        if (outer.size() == row.word.size() || !(both || row.place == place) || !seen.insert(outer).second) continue;
        const Node* map = node.find(outer);
        if (map == nullptr) continue;
        std::vector<Field> inner;
        for (const FieldRow& other : kFieldRows)
            if (outer_key(other.word) == outer && other.word != outer) inner.push_back({other.word.substr(outer.size() + 1)});
        if (check_map(*map, outer, inner, findings) && map->entries.empty())
            findings.add(Code::kQ1104, map->where, std::string(outer) + " is an empty map");
    }
}

std::vector<std::string> read_names(std::uint32_t field, const std::vector<const Node*>& texts, Findings& findings) {
    std::vector<std::string> names;
    for (const Node* text : texts) {
        if (text->text.size() > kMaxNamePatternBytes || !is_printable(text->text, false))
            findings.add(Code::kQ1121, text->where, "the text is too long, or holds control characters",
                         "at most " + std::to_string(kMaxNamePatternBytes) + " bytes", text->text);
        else if (has_stars_in_a_row(text->text))
            findings.add(Code::kQ1120, text->where, in_quotes(text->text) + " has two stars in a row",
                         "one stands for any characters, '/' among them", text->text);
        else if (is_pair(field) && !says_both(text->text))
            findings.add(Code::kQ1122, text->where, in_quotes(text->text) + " is no label and no annotation, which are 'name=value'",
                         "for any value, write " + in_quotes(text->text + "=*"), text->text);
        else
            names.push_back(text->text);
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

bool is_name_pattern(std::uint32_t field, std::string_view text) {
    return !text.empty() && text.size() <= kMaxNamePatternBytes && is_printable(text, false) && !has_stars_in_a_row(text) &&
           (!is_pair(field) || says_both(text));
}

std::string name_text(const std::string& name) {
    if (name.find_first_of(",[]{}\"\\ ") == std::string::npos) return name;
    std::string quoted = "\"";
    for (const char c : name) quoted += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    return quoted + "\"";
}

}  // namespace quell::policy
