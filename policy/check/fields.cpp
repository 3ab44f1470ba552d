// SPDX-License-Identifier: Apache-2.0
#include "policy/check/fields.h"

#include <algorithm>
#include <unordered_set>

#include "policy/check/words.h"

namespace quell::policy {
namespace {

void wrong_type(const Node& node, std::string_view what, std::string_view wanted, Findings& findings) {
    findings.add(node.type == Node::Type::kNull ? Code::kQ1104 : Code::kQ1103, node.where,
                 std::string(what) + " must be " + std::string(wanted) + ", this is " +
                     std::string(type_word(node.type)),
                 "", node.text);
}

}  // namespace

bool check_map(const Node& node, std::string_view what, std::span<const Field> fields, Findings& findings) {
    if (node.type != Node::Type::kMap) {
        wrong_type(node, what, "a map", findings);
        return false;
    }
    for (const Entry& entry : node.entries) {
        const auto same = [&](const Field& field) { return field.name == entry.key.text; };
        if (std::any_of(fields.begin(), fields.end(), same)) continue;
        std::vector<std::string_view> names;
        for (const Field& field : fields) names.push_back(field.name);
        findings.add(Code::kQ1101, entry.key.where,
                     "unknown key " + in_quotes(entry.key.text) + " in " + std::string(what),
                     suggestion(entry.key.text, names), entry.key.text);
    }
    for (const Field& field : fields)
        if (field.required && node.find(field.name) == nullptr)
            findings.add(Code::kQ1102, node.where,
                         std::string(what) + " has no '" + std::string(field.name) + "'",
                         "add '" + std::string(field.name) + ":'");
    return true;
}

const Node* text_of(const Node* value, std::string_view what, Findings& findings) {
    if (value == nullptr) return nullptr;
    if (value->type != Node::Type::kText) {
        wrong_type(*value, what, "text", findings);
        return nullptr;
    }
    if (value->text.empty()) {
        findings.add(Code::kQ1104, value->where, std::string(what) + " is empty");
        return nullptr;
    }
    return value;
}

std::span<const Node> items_of(const Node* value, std::string_view what, std::size_t most, Findings& findings) {
    if (value == nullptr) return {};
    if (value->type != Node::Type::kList) {
        wrong_type(*value, what, "a list", findings);
        return {};
    }
    if (value->items.empty()) {
        findings.add(Code::kQ1104, value->where, std::string(what) + " is an empty list");
        return {};
    }
    if (value->items.size() > most) {
        findings.add(Code::kQ1108, value->items[most].where,
                     std::string(what) + " has " + std::to_string(value->items.size()) + " entries, at most " +
                         std::to_string(most) + " are accepted");
        return std::span(value->items).first(most);
    }
    return value->items;
}

std::vector<const Node*> texts_of(const Node* value, std::string_view what, std::size_t most, Findings& findings) {
    std::vector<const Node*> texts;
    std::unordered_set<std::string_view> seen;
    for (const Node& item : items_of(value, what, most, findings)) {
        const Node* text = text_of(&item, "an entry of " + std::string(what), findings);
        if (text == nullptr) continue;
        if (!seen.insert(text->text).second)
            findings.add(Code::kQ1109, text->where, in_quotes(text->text) + " stands twice in " + std::string(what),
                         "remove one", text->text);
        else
            texts.push_back(text);
    }
    return texts;
}

std::optional<std::uint32_t> word_of(const Node& value, std::string_view what, std::span<const std::string_view> words,
                                     Findings& findings) {
    for (std::size_t i = 0; i < words.size(); i++)
        if (words[i] == value.text) return static_cast<std::uint32_t>(i);
    findings.add(Code::kQ1105, value.where, in_quotes(value.text) + " is no word for " + std::string(what),
                 suggestion(value.text, words), value.text);
    return std::nullopt;
}

}  // namespace quell::policy
