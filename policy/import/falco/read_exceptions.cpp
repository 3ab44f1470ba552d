// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "policy/import/falco/read_rule.h"
#include "policy/limits.h"

namespace quell::policy::falco {
namespace {

constexpr std::array<std::string_view, 4> kExceptionKeys = {"name", "fields", "comps", "values"};
// A value is one for each field, each of which may be several: two levels.
constexpr unsigned kLevels = 2;

// A text, or a list of entries, at most `levels` deep.
std::optional<ExceptionEntry> read_entry(ItemReader& reader, const Node& node, unsigned levels, std::string_view what) {
    ExceptionEntry entry;
    entry.where = node.where;
    if (node.type == Node::Type::kText && !node.text.empty()) {
        entry.text = PlacedText(node, reader.lines());
        return entry;
    }
    if (node.type != Node::Type::kList || levels == 0) {
        const bool empty = node.type == Node::Type::kText && node.text.empty();
        reader.fail(Code::kQ2008, node.where,
                    std::string(what) + " cannot be " + (empty ? "empty" : std::string(type_word(node.type))));
        return std::nullopt;
    }
    entry.is_list = true;
    for (const Node& item : node.items) {
        auto one = read_entry(reader, item, levels - 1, "an entry of " + std::string(what));
        if (!one) return std::nullopt;
        entry.items.push_back(std::move(*one));
    }
    return entry;
}

// fields and comps: a text or texts, as many as can be.
std::optional<ExceptionEntry> read_texts(ItemReader& reader, std::string_view key) {
    const Node* node = reader.node().find(key);
    if (node == nullptr) return std::nullopt;
    auto entry = read_entry(reader, *node, 1, key);
    if (!entry) return std::nullopt;
    if (entry->is_list && (entry->items.empty() || entry->items.size() > kMaxFalcoFields)) {
        reader.fail(Code::kQ2008, node->where,
                    std::string(key) + " has " + std::to_string(entry->items.size()) + " entries, 1 to " +
                        std::to_string(kMaxFalcoFields) + " are accepted");
        return std::nullopt;
    }
    return entry;
}

Exception read_exception(ItemReader& reader, bool changes) {
    Exception exception;
    exception.where = reader.node().where;
    reader.warn_unknown(kExceptionKeys);
    exception.name = reader.text("name");
    if (!changes && !reader.has("fields"))
        reader.fail(Code::kQ2008, exception.where, "the exception has no 'fields'", "add 'fields:'");
    exception.fields = read_texts(reader, "fields");
    exception.comps = read_texts(reader, "comps");
    const Node* values = reader.node().find("values");
    if (values == nullptr) {
        if (changes) reader.findings().add(Code::kQ2009, exception.where, "the exception has no values", "add 'values:'");
        return exception;
    }
    if (values->type != Node::Type::kList) {
        reader.fail(Code::kQ2008, values->where, "values must be a list, this is " + std::string(type_word(values->type)));
        return exception;
    }
    for (const Node& value : values->items)
        if (auto entry = read_entry(reader, value, kLevels, "a value")) exception.values.push_back(std::move(*entry));
    return exception;
}

}  // namespace

std::vector<Exception> read_exceptions(ItemReader& reader, bool changes) {
    std::vector<Exception> exceptions;
    const Node* list = reader.node().find("exceptions");
    if (list == nullptr || list->type == Node::Type::kNull) return exceptions;
    if (list->type != Node::Type::kList) {
        reader.fail(Code::kQ1103, list->where,
                    "exceptions must be a list, this is " + std::string(type_word(list->type)));
        return exceptions;
    }
    if (list->items.size() > kMaxExceptionsPerRule) {
        reader.fail(Code::kQ1108, list->items[kMaxExceptionsPerRule].where,
                    "the rule has " + std::to_string(list->items.size()) + " exceptions, at most " +
                        std::to_string(kMaxExceptionsPerRule) + " are accepted");
        return exceptions;
    }
    for (const Node& node : list->items) {
        if (node.type != Node::Type::kMap) {
            reader.fail(Code::kQ2008, node.where,
                        "an exception must be a map, this is " + std::string(type_word(node.type)));
            continue;
        }
        ItemReader one(node, reader.lines(), reader.findings());
        Exception exception = read_exception(one, changes);
        const auto same = [&](const Exception& other) { return other.name == exception.name; };
        if (!one.failed() && std::any_of(exceptions.begin(), exceptions.end(), same))
            one.fail(Code::kQ2008, exception.where, "the exception " + in_quotes(exception.name) + " stands twice in this rule",
                     "rename one of them", exception.name);
        if (one.failed())
            reader.fail_silently();
        else
            exceptions.push_back(std::move(exception));
    }
    return exceptions;
}

}  // namespace quell::policy::falco
