// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/values.h"

#include <algorithm>
#include <array>

#include "policy/check/fields.h"
#include "policy/check/words.h"
#include "policy/limits.h"

namespace quell::policy::falco {
namespace {

constexpr std::array<std::string_view, 8> kPriorities = {"emergency", "alert",  "critical",      "error",
                                                         "warning",   "notice", "informational", "debug"};

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

}  // namespace

std::string_view priority_word(Priority priority) { return kPriorities[static_cast<std::size_t>(priority)]; }

void ItemReader::fail(Code code, const Location& where, std::string message, std::string hint, std::string_view text) {
    failed_ = true;
    findings_.add(code, where, std::move(message), std::move(hint), text);
}

Location ItemReader::where(std::string_view key) const {
    const Node* value = item_.find(key);
    return value == nullptr ? item_.where : value->where;
}

const Node* ItemReader::required(std::string_view key) {
    const Node* value = item_.find(key);
    if (value == nullptr)
        fail(Code::kQ1102, item_.where, "the item has no '" + std::string(key) + "'",
             "add '" + std::string(key) + ":'");
    return value;
}

const Node* ItemReader::scalar(std::string_view key) {
    const Node* value = item_.find(key);
    if (value == nullptr) return nullptr;
    const Node* text = text_of(value, key, findings_);
    if (text == nullptr) failed_ = true;
    return text;
}

std::string ItemReader::text(std::string_view key) {
    if (required(key) == nullptr) return {};
    return text_if(key).value_or("");
}

PlacedText ItemReader::placed(std::string_view key) {
    if (required(key) == nullptr) return {};
    return placed_if(key).value_or(PlacedText{});
}

std::optional<std::string> ItemReader::text_if(std::string_view key) {
    const Node* text = scalar(key);
    return text == nullptr ? std::nullopt : std::optional(text->text);
}

std::optional<PlacedText> ItemReader::placed_if(std::string_view key) {
    const Node* text = scalar(key);
    return text == nullptr ? std::nullopt : std::optional(PlacedText(*text, lines_));
}

std::optional<bool> ItemReader::flag_if(std::string_view key) {
    const Node* text = scalar(key);
    if (text == nullptr) return std::nullopt;
    const std::string word = lower(text->text);
    for (const char* yes : {"true", "yes", "on", "y"})
        if (word == yes) return true;
    for (const char* no : {"false", "no", "off", "n"})
        if (word == no) return false;
    fail(Code::kQ1105, text->where, in_quotes(text->text) + " is no word for '" + std::string(key) + "'",
         "one of: true, false", text->text);
    return std::nullopt;
}

std::optional<Priority> ItemReader::priority_if(std::string_view key) {
    const Node* text = scalar(key);
    if (text == nullptr) return std::nullopt;
    const std::string word = lower(text->text);
    if (word == "info") return Priority::kInformational;
    const auto found = std::find(kPriorities.begin(), kPriorities.end(), word);
    if (found != kPriorities.end()) return static_cast<Priority>(found - kPriorities.begin());
    fail(Code::kQ1105, text->where, in_quotes(text->text) + " is no priority", suggestion(word, kPriorities), text->text);
    return std::nullopt;
}

const std::vector<Node>* ItemReader::sequence(std::string_view key) {
    const Node* value = item_.find(key);
    if (value == nullptr) return nullptr;
    if (value->type == Node::Type::kList) return &value->items;
    fail(Code::kQ1103, value->where, std::string(key) + " must be a list, this is " + std::string(type_word(value->type)),
         value->type == Node::Type::kNull ? "an empty list is written []" : "", value->text);
    return nullptr;
}

std::optional<std::vector<std::string>> ItemReader::texts_if(std::string_view key) {
    const std::vector<Node>* nodes = sequence(key);
    if (nodes == nullptr) return std::nullopt;
    std::vector<std::string> texts;
    if (nodes->size() > kMaxFalcoTags) {
        fail(Code::kQ1108, (*nodes)[kMaxFalcoTags].where,
             std::string(key) + " has " + std::to_string(nodes->size()) + " entries, at most " + std::to_string(kMaxFalcoTags) +
                 " are accepted");
        return std::nullopt;
    }
    for (const Node& node : *nodes) {
        if (const Node* text = text_of(&node, "an entry of " + std::string(key), findings_))
            texts.push_back(text->text);
        else
            failed_ = true;
    }
    return texts;
}

std::vector<PlacedText> ItemReader::items(std::string_view key) {
    std::vector<PlacedText> texts;
    if (required(key) == nullptr) return texts;
    const std::vector<Node>* nodes = sequence(key);
    if (nodes == nullptr) return texts;
    for (const Node& node : *nodes) {
        if (const Node* text = text_of(&node, "an entry of " + std::string(key), findings_))
            texts.emplace_back(*text, lines_);
        else
            failed_ = true;
    }
    return texts;
}

void ItemReader::warn_unknown(std::span<const std::string_view> known) {
    for (const Entry& entry : item_.entries)
        if (std::find(known.begin(), known.end(), entry.key.text) == known.end())
            findings_.add(Code::kQ2003, entry.key.where, "Falco knows no key " + in_quotes(entry.key.text) + " here",
                          suggestion(entry.key.text, known), entry.key.text);
}

}  // namespace quell::policy::falco
