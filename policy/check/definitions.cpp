// SPDX-License-Identifier: Apache-2.0
#include "policy/check/definitions.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "policy/check/conditions.h"
#include "policy/check/fields.h"
#include "policy/check/words.h"
#include "policy/limits.h"

namespace quell::policy {
namespace {

constexpr std::string_view kListKey = "list";
constexpr std::array kMacroFields = {Field{kWhere}, Field{kMatch}};

// {list: name}
bool is_reference(const Node& item) {
    return item.type == Node::Type::kMap && item.entries.size() == 1 && item.entries[0].key.text == kListKey;
}

// Lists of maps, where `list` would be a key of theirs.
bool holds_maps(std::string_view key) { return key == "except" || key == "all"; }

std::size_t size_of(const Node& node) {
    std::size_t size = 1;
    for (const Node& item : node.items) size += size_of(item);
    for (const Entry& entry : node.entries) size += size_of(entry.value);
    return size;
}

Entry* entry_of(Node& map, std::string_view key) {
    const auto found = std::find_if(map.entries.begin(), map.entries.end(), [&](const Entry& entry) { return entry.key.text == key; });
    return found == map.entries.end() ? nullptr : &*found;
}

// The first `path` of what stands below `use` in `match`, taken out of it.
std::optional<Entry> take_path(Node& match) {
    Entry* use = entry_of(match, kUse);
    if (use == nullptr) return std::nullopt;
    for (Node& macro : use->value.items) {
        Entry* inner = entry_of(macro, kMatch);
        if (inner == nullptr) continue;
        std::vector<Entry>& entries = inner->value.entries;
        for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
            if (entry->key.text != "path") continue;
            Entry path = std::move(*entry);
            entries.erase(entry);
            return path;
        }
        if (auto path = take_path(inner->value)) return path;
    }
    return std::nullopt;
}

}  // namespace

constexpr Definitions::Kind kList{"list", Code::kQ1501, Code::kQ1503};
constexpr Definitions::Kind kMacro{"macro", Code::kQ1502, Code::kQ1504};

Definitions::Definitions(const Node* lists, const Node* macros, std::size_t& room, Findings& findings)
    : room_(room), findings_(findings) {
    collect(lists, kList, lists_);
    collect(macros, kMacro, macros_);
    for (auto& [name, list] : lists_) resolve(list, kList);
    for (auto& [name, macro] : macros_) resolve(macro, kMacro);
}

void Definitions::collect(const Node* map, const Kind& kind, Named& named) {
    if (map == nullptr) return;
    if (map->type != Node::Type::kMap || map->entries.empty()) {
        findings_.add(map->type == Node::Type::kMap || map->type == Node::Type::kNull ? Code::kQ1104 : Code::kQ1103, map->where,
                      std::string(kind.word) + "s must be a map of names, this is " +
                          (map->type == Node::Type::kMap ? "an empty one" : std::string(type_word(map->type))));
        return;
    }
    for (const Entry& entry : map->entries) {
        if (!is_name(entry.key.text))
            findings_.add(Code::kQ1106, entry.key.where, in_quotes(entry.key.text) + " is not a " + kind.word + "'s name",
                          "lower-case letters, digits and hyphens, at most 63", entry.key.text);
        named[entry.key.text].entry = &entry;
    }
}

Definitions::Definition* Definitions::find(const Node& name, const Kind& kind, Named& named) {
    const auto found = named.find(name.text);
    if (found == named.end()) {
        std::vector<std::string_view> names;
        for (const auto& [known, definition] : named) names.push_back(known);
        std::string hint = names.empty() ? "spec." + std::string(kind.word) + "s of this file has none" : suggestion(name.text, names);
        if (names.size() > kMaxNamesInHint && !hint.starts_with("did you mean")) hint.clear();
        findings_.add(kind.unknown, name.where, "there is no " + std::string(kind.word) + " " + in_quotes(name.text) + " in this file",
                      std::move(hint), name.text);
        return nullptr;
    }
    Definition& definition = found->second;
    definition.is_used = true;
    if (definition.state == State::kOpen) {
        findings_.add(kind.cycle, name.where, "the " + std::string(kind.word) + " " + in_quotes(name.text) + " leads back to itself here",
                      "remove one of the names that lead round", name.text);
        return nullptr;
    }
    if (definition.state == State::kNew) {
        const unsigned outer = std::exchange(deepest_, 0);
        resolve(definition, kind);
        deepest_ = outer;
    }
    if (definition.state == State::kFailed) return nullptr;
    deepest_ = std::max(deepest_, definition.depth);
    return &definition;
}

void Definitions::resolve(Definition& definition, const Kind& kind) {
    if (definition.state != State::kNew) return;
    definition.state = State::kOpen;
    deepest_ = 0;
    bool is_whole = open_ < kMaxDefinitionNesting;
    open_++;
    if (is_whole) is_whole = kind.unknown == kList.unknown ? resolve_list(definition) : resolve_macro(definition);
    open_--;
    definition.depth = deepest_ + 1;
    const bool is_deep = open_ >= kMaxDefinitionNesting || definition.depth > kMaxDefinitionNesting;
    if (is_deep)
        findings_.add(Code::kQ1505, definition.entry->key.where,
                      "names within names are more than " + std::to_string(kMaxDefinitionNesting) + " levels deep here", "write values out",
                      definition.entry->key.text);
    definition.state = is_whole && !is_deep ? State::kDone : State::kFailed;
}

bool Definitions::resolve_list(Definition& list) {
    Node copy = list.entry->value;
    const auto items = items_of(&copy, "the list " + in_quotes(list.entry->key.text), kMaxListValues, findings_);
    if (items.empty()) return false;
    std::unordered_set<std::string_view> seen;
    for (const Node& item : items) {
        if (item.type != Node::Type::kText && item.type != Node::Type::kMap) {
            findings_.add(item.type == Node::Type::kNull ? Code::kQ1104 : Code::kQ1103, item.where,
                          "an entry of a list must be a value or {list: name}, this is " + std::string(type_word(item.type)));
            return false;
        }
        if (item.type == Node::Type::kText && !seen.insert(item.text).second)
            findings_.add(Code::kQ1109, item.where, in_quotes(item.text) + " stands twice in the list", "remove one", item.text);
    }
    Node whole;
    whole.type = Node::Type::kList;
    whole.where = copy.where;
    whole.items.assign(items.begin(), items.end());
    if (!put_lists(whole)) return false;
    list.values = std::move(whole.items);
    if (list.values.size() <= kMaxListValues) return true;
    findings_.add(Code::kQ1505, list.entry->key.where,
                  "the list stands for " + std::to_string(list.values.size()) + " values, at most " + std::to_string(kMaxListValues) +
                      " are accepted",
                  "", list.entry->key.text);
    return false;
}

// What it says is checked here once, so that one that is never used is right as well.
bool Definitions::resolve_macro(Definition& macro) {
    static const std::vector<Field> kWhereFields = condition_fields(FieldPlace::kSubject, !kBothPlaces, {Field{kNot}, Field{kUse}, Field{kAll}});
    static const std::vector<Field> kMatchFields = condition_fields(FieldPlace::kObject, !kBothPlaces, {Field{kNot}, Field{kUse}, Field{kAll}});
    macro.body = macro.entry->value;
    const bool is_spent = spend(size_of(macro.body), macro.entry->key.where);
    if (!is_spent || !check_map(macro.body, "a macro", kMacroFields, findings_)) return false;
    if (macro.body.entries.empty()) findings_.add(Code::kQ1104, macro.body.where, "a macro is an empty map");
    bool is_map = true;
    const auto check = [&](std::string_view key, const std::vector<Field>& fields) {
        const Node* part = macro.body.find(key);
        if (part == nullptr) return;
        is_map = check_map(*part, key, fields, findings_) && is_map;
        if (part->type == Node::Type::kMap && part->entries.empty()) findings_.add(Code::kQ1104, part->where, std::string(key) + " is an empty map");
    };
    check(kWhere, kWhereFields);
    check(kMatch, kMatchFields);
    if (!is_map || !walk(macro.body, true, false)) return false;
    Group group;
    read_macro(macro.body, group, findings_);
    return true;
}

bool Definitions::refers(const Node& node) {
    return std::any_of(node.items.begin(), node.items.end(), [](const Node& item) { return is_reference(item) || refers(item); }) ||
           std::any_of(node.entries.begin(), node.entries.end(), [](const Entry& entry) { return entry.key.text == kUse || refers(entry.value); });
}

bool Definitions::expand(Node& node) {
    if (!walk(node, true, false)) return false;
    Entry* match = entry_of(node, kMatch);
    if (match == nullptr || entry_of(match->value, "path") != nullptr) return true;
    if (auto path = take_path(match->value)) match->value.entries.push_back(std::move(*path));
    return true;
}

bool Definitions::walk(Node& node, bool takes_lists, bool is_negated) {
    bool is_whole = true;
    if (takes_lists && std::any_of(node.items.begin(), node.items.end(), is_reference))
        is_whole = put_lists(node);
    else
        for (Node& item : node.items) is_whole = walk(item, true, is_negated) && is_whole;
    for (Entry& entry : node.entries) {
        const std::string& key = entry.key.text;
        const bool is_right = key == kUse ? put_macros(entry, is_negated) : walk(entry.value, !holds_maps(key), is_negated || key == kNot);
        is_whole = is_right && is_whole;
    }
    return is_whole;
}

// Values that are written, or stand in an earlier list, are not repeated.
bool Definitions::put_lists(Node& list) {
    std::unordered_set<std::string> seen;
    for (const Node& item : list.items)
        if (item.type == Node::Type::kText) seen.insert(item.text);
    std::vector<Node> items;
    bool is_whole = true;
    for (Node& item : list.items) {
        if (!is_reference(item)) {
            items.push_back(std::move(item));
            continue;
        }
        const Node* name = text_of(&item.entries[0].value, "the name of a list", findings_);
        const Definition* found = name == nullptr ? nullptr : find(*name, kList, lists_);
        if (found == nullptr || !spend(found->values.size(), item.where)) {
            is_whole = false;
            continue;
        }
        for (const Node& value : found->values)
            if (value.type != Node::Type::kText || seen.insert(value.text).second) items.push_back(value);
    }
    list.items = std::move(items);
    return is_whole;
}

bool Definitions::put_macros(Entry& use, bool is_negated) {
    if (is_negated) {
        findings_.add(Code::kQ1507, use.key.where, "'use' cannot stand below 'not': each key there must not hold, and a macro holds as a whole",
                      "write it into except: it lets go what all of the macro holds for", use.key.text);
        return false;
    }
    Node bodies;
    bodies.type = Node::Type::kList;
    bodies.where = use.value.where;
    const auto names = texts_of(&use.value, kUse, kMaxMacrosUsed, findings_);
    bool is_whole = !names.empty();
    for (const Node* name : names) {
        const Definition* found = find(*name, kMacro, macros_);
        if (found == nullptr || !spend(size_of(found->body), name->where)) {
            is_whole = false;
            continue;
        }
        bodies.items.push_back(found->body);
    }
    use.value = std::move(bodies);
    return is_whole;
}

// Names of names multiply: what all of it stands for is bounded, not only what is written.
bool Definitions::spend(std::size_t values, const Location& where) {
    if (values <= room_) {
        room_ -= values;
        return true;
    }
    findings_.add(Code::kQ1505, where, "lists and macros of all files stand for more than " + std::to_string(kMaxExpandedValues) + " values",
                  "use shorter lists, or fewer rules with them");
    return false;
}

void Definitions::warn_of_unused() {
    const auto warn = [&](const Named& named, const Kind& kind) {
        for (const auto& [name, definition] : named)
            if (!definition.is_used)
                findings_.add(Code::kQ1506, definition.entry->key.where, "no rule uses the " + std::string(kind.word) + " " + in_quotes(name),
                              "remove it; rules of other files do not see it", name);
    };
    warn(lists_, kList);
    warn(macros_, kMacro);
}

}  // namespace quell::policy
