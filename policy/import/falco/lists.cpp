// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/lists.h"

#include <algorithm>
#include <unordered_set>

#include "policy/import/falco/condition.h"
#include "policy/limits.h"

namespace quell::policy::falco {
namespace {

// Keeps the first of each.
void remove_repeated(std::vector<Value>& values) {
    std::unordered_set<std::string_view> seen;
    std::vector<bool> again(values.size());
    for (std::size_t i = 0; i < values.size(); i++) again[i] = !seen.insert(values[i].text).second;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < values.size(); i++) {
        if (again[i]) continue;
        if (kept != i) values[kept] = std::move(values[i]);
        kept++;
    }
    values.resize(kept);
}

void sort_unique(std::vector<std::string>& names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace

Lists::Lists(const std::vector<ListDefinition>& definitions, Findings& findings)
    : findings_(findings), lists_(definitions.size()) {
    for (std::size_t i = 0; i < definitions.size(); i++) {
        lists_[i].definition = &definitions[i];
        names_.emplace(definitions[i].name, i);
    }
}

Lists::List* Lists::find(const Value& value, const List* inside) {
    if (value.quoted) return nullptr;
    const auto found = names_.find(value.text);
    if (found == names_.end() || &lists_[found->second] == inside) return nullptr;
    return &lists_[found->second];
}

bool Lists::add(const Value& value, Gathered& to) {
    const List* inside = to.inside;
    List* list = find(value, inside);
    if (list == nullptr) {
        to.values.push_back(value);
        return true;
    }
    // What stands for the same once more would only cost time.
    if (!to.seen.insert(list).second) return true;
    list->used = true;
    if (list->state == State::kOpen) {
        findings_.add(Code::kQ2203, value.where,
                      "the list " + in_quotes(value.text) + " contains itself, by way of " + in_quotes(inside->definition->name),
                      "take it out", value.text);
        return false;
    }
    if (!resolve(*list)) return false;
    if (to.values.size() + list->values.size() > kMaxFalcoListValues) {
        findings_.add(Code::kQ2205, value.where,
                      "the lists stand for more than " + std::to_string(kMaxFalcoListValues) + " values", "", value.text);
        return false;
    }
    to.depth = std::max(to.depth, list->depth + 1);
    to.values.insert(to.values.end(), list->values.begin(), list->values.end());
    to.lists.push_back(value.text);
    to.lists.insert(to.lists.end(), list->lists.begin(), list->lists.end());
    return true;
}

bool Lists::resolve(List& list) {
    if (list.state == State::kDone || list.state == State::kBroken) return list.state == State::kDone;
    list.state = State::kOpen;
    open_++;
    const bool read_all = read(list);
    open_--;
    list.state = read_all ? State::kDone : State::kBroken;
    return read_all;
}

bool Lists::read(List& list) {
    const auto too_deep = [&] {
        findings_.add(Code::kQ2205, list.definition->where,
                      "more than " + std::to_string(kMaxFalcoNesting) + " lists within lists", "", list.definition->name);
        return false;
    };
    if (open_ > kMaxFalcoNesting) return too_deep();
    Gathered found;
    found.inside = &list;
    for (const PlacedText& text : list.definition->items) {
        const auto values = parse_item(text, findings_);
        if (!values) return false;
        for (const Value& value : *values)
            if (!add(value, found)) return false;
    }
    if (found.depth > kMaxFalcoNesting) return too_deep();
    list.depth = found.depth;
    return finish(found, list.definition->where, list.values, list.lists);
}

bool Lists::finish(Gathered& found, const Location& where, std::vector<Value>& values,
                   std::vector<std::string>& lists) {
    remove_repeated(found.values);
    sort_unique(found.lists);
    total_ += found.values.size() + found.lists.size();
    for (const Value& value : found.values) bytes_ += value.text.size();
    for (const std::string& name : found.lists) bytes_ += name.size();
    if (total_ > kMaxFalcoValues || bytes_ > kMaxFalcoValueBytes) {
        findings_.add(Code::kQ2205, where,
                      "lists and conditions hold more than " + std::to_string(kMaxFalcoValues) + " values, or more than " +
                          std::to_string(kMaxFalcoValueBytes) + " bytes of them, in all");
        return false;
    }
    values = std::move(found.values);
    lists = std::move(found.lists);
    return true;
}

bool Lists::expand(Check& check) {
    Gathered found;
    for (const Value& value : check.values)
        if (!add(value, found)) return false;
    return finish(found, check.where, check.values, check.lists);
}

void Lists::warn_unused() {
    // Those that only an unused list names are named all the same.
    for (List& list : lists_) (void)resolve(list);
    for (const List& list : lists_)
        if (!list.used)
            findings_.add(Code::kQ2206, list.definition->where,
                          "no rule, macro or list uses the list " + in_quotes(list.definition->name), "", list.definition->name);
}

}  // namespace quell::policy::falco
