// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/collect.h"

#include <algorithm>
#include <iterator>

#include "policy/import/falco/exceptions.h"
#include "policy/limits.h"

namespace quell::policy::falco {
namespace {

constexpr std::string_view kSyscall = "syscall";

template <typename T>
T* find(std::vector<T>& all, const std::unordered_map<std::string, std::size_t>& names, const std::string& name) {
    const auto found = names.find(name);
    return found == names.end() ? nullptr : &all[found->second];
}

// Texts are joined with a blank: what is appended begins with its own 'and' or 'or'.
void append_text(std::optional<std::string>& to, const std::optional<std::string>& more) {
    if (!more) return;
    if (!to) to.emplace();
    *to += " " + *more;
}

template <typename T>
void replace(std::optional<T>& to, std::optional<T>&& by) {
    if (by) to = std::move(by);
}

void replace_parts(RuleParts& to, RuleParts&& by) {
    replace(to.condition, std::move(by.condition));
    replace(to.output, std::move(by.output));
    replace(to.description, std::move(by.description));
    replace(to.priority, std::move(by.priority));
    replace(to.tags, std::move(by.tags));
    replace(to.exceptions, std::move(by.exceptions));
    replace(to.enabled, std::move(by.enabled));
    replace(to.warn_event_types, std::move(by.warn_event_types));
    replace(to.skip_if_unknown_filter, std::move(by.skip_if_unknown_filter));
    replace(to.capture, std::move(by.capture));
}

}  // namespace

void Collector::nothing_to_change(const std::string& what, const std::string& name, const Location& where) {
    findings_.add(Code::kQ2007, where, "no " + what + " " + in_quotes(name) + " is defined before this",
                  "name the file that defines it first", name);
}

bool Collector::room(std::size_t size, std::size_t most, const std::string& what, const Location& where) {
    if (size < most) return true;
    findings_.add(Code::kQ1108, where,
                  "with what is appended the rule has more than " + std::to_string(most) + " " + what);
    return false;
}

void Collector::add(std::vector<Item> items) {
    for (Item& item : items) {
        std::visit([&](auto& one) { add(std::move(one)); }, item);
        clock_++;
    }
}

void Collector::add(ListItem item) {
    ListDefinition* earlier = find(definitions_.lists, lists_, item.name);
    if (item.append) {
        if (earlier == nullptr) return nothing_to_change("list", item.name, item.where);
        std::move(item.items.begin(), item.items.end(), std::back_inserter(earlier->items));
        earlier->age.last = clock_;
    } else if (earlier != nullptr) {
        *earlier = {item.name, item.where, {earlier->age.first, clock_}, std::move(item.items)};
    } else {
        lists_.emplace(item.name, definitions_.lists.size());
        definitions_.lists.push_back({item.name, item.where, {clock_, clock_}, std::move(item.items)});
    }
}

void Collector::add(MacroItem item) {
    MacroDefinition* earlier = find(definitions_.macros, macros_, item.name);
    if (item.append) {
        if (earlier == nullptr) return nothing_to_change("macro", item.name, item.where);
        earlier->condition.append(" ", item.condition.at(0, 1));
        earlier->condition.append(item.condition);
        earlier->age.last = clock_;
    } else if (earlier != nullptr) {
        *earlier = {item.name, item.where, {earlier->age.first, clock_}, std::move(item.condition)};
    } else {
        macros_.emplace(item.name, definitions_.macros.size());
        definitions_.macros.push_back({item.name, item.where, {clock_, clock_}, std::move(item.condition)});
    }
}

void Collector::add(RuleItem item) {
    RuleDefinition* earlier = find(definitions_.rules, rules_, item.name);
    if (item.defines) return define(std::move(item), earlier);
    if (earlier == nullptr) return nothing_to_change("rule", item.name, item.where);
    if (item.replaced.exceptions)
        for (Exception& exception : *item.replaced.exceptions)
            if (!check_exception(exception, findings_)) return;
    append(earlier->parts, std::move(item.appended), item.where);
    replace_parts(earlier->parts, std::move(item.replaced));
}

void Collector::define(RuleItem item, RuleDefinition* earlier) {
    if (!item.replaced.source) item.replaced.source = kSyscall;
    if (earlier != nullptr && earlier->parts.source != item.replaced.source) {
        findings_.add(Code::kQ2010, item.where,
                      "the rule " + in_quotes(item.name) + " is already defined for the source " +
                          in_quotes(*earlier->parts.source) + ", not for " + in_quotes(*item.replaced.source),
                      "rename one of them", item.name);
        return;
    }
    if (item.replaced.exceptions)
        for (Exception& exception : *item.replaced.exceptions)
            if (!check_exception(exception, findings_)) return;
    RuleDefinition made{item.name, item.where, std::move(item.replaced)};
    if (earlier != nullptr) {
        *earlier = std::move(made);
    } else {
        rules_.emplace(item.name, definitions_.rules.size());
        definitions_.rules.push_back(std::move(made));
    }
}

void Collector::append(RuleParts& to, RuleParts&& more, const Location& where) {
    if (more.condition) {
        to.condition->append(" ", more.condition->at(0, 1));
        to.condition->append(*more.condition);
    }
    append_text(to.output, more.output);
    append_text(to.description, more.description);
    if (more.tags) {
        if (!to.tags) to.tags.emplace();
        for (std::string& tag : *more.tags)
            if (std::find(to.tags->begin(), to.tags->end(), tag) == to.tags->end() &&
                room(to.tags->size(), kMaxFalcoTags, "tags", where))
                to.tags->push_back(std::move(tag));
    }
    if (more.exceptions) {
        if (!to.exceptions) to.exceptions.emplace();
        append_exceptions(*to.exceptions, std::move(*more.exceptions));
    }
}

void Collector::append_exceptions(std::vector<Exception>& to, std::vector<Exception>&& more) {
    for (Exception& exception : more) {
        const auto same = [&](const Exception& other) { return other.name == exception.name; };
        const auto earlier = std::find_if(to.begin(), to.end(), same);
        if (earlier == to.end()) {
            if (exception.fields && exception.values.empty()) {
                findings_.add(Code::kQ2008, exception.where, "a new exception must have values", "add 'values:'", exception.name);
            } else if (check_exception(exception, findings_) &&
                       room(to.size(), kMaxExceptionsPerRule, "exceptions", exception.where)) {
                to.push_back(std::move(exception));
            }
        } else if (exception.fields || exception.comps) {
            findings_.add(Code::kQ2008, exception.where,
                          "the exception " + in_quotes(exception.name) + " has its fields already; only values can be added",
                          "remove 'fields' and 'comps'", exception.name);
        } else {
            std::move(exception.values.begin(), exception.values.end(), std::back_inserter(earlier->values));
        }
    }
}

}  // namespace quell::policy::falco
