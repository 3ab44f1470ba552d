// SPDX-License-Identifier: Apache-2.0
#include "policy/check/checked.h"

#include <algorithm>
#include <array>

#include "policy/check/field_table.h"
#include "policy/check/name_pattern.h"
#include "policy/check/names.h"

namespace quell::policy {
namespace {

std::string bits_text(FieldKind kind, std::uint32_t mask) {
    std::string text;
    for (const NumberWord& bits : words_of(kind))
        if ((mask & bits.number) == bits.number) text += (text.empty() ? "" : ", ") + std::string(bits.word);
    return text;
}

std::string number_text(FieldKind kind, const Range& range) {
    if (is_mask(kind)) return bits_text(kind, range.first);
    if (range.first == range.last)
        for (const NumberWord& word : words_of(kind))
            if (word.number == range.first) return std::string(word.word);
    if (range.first == range.last) return std::to_string(range.first);
    return std::to_string(range.first) + "-" + std::to_string(range.last);
}

}  // namespace

std::string Pattern::text() const {
    const std::string directory = base == "/" ? "" : escaped_wildcards(base);
    switch (kind) {
        case Kind::kExact: return directory;
        case Kind::kWild: return base;
        case Kind::kStar: return directory + "/*";
        case Kind::kCover: return directory + "/**";
    }
    return base;
}

std::string TextPattern::text() const {
    std::string quoted = "\"";
    for (const char c : glob) quoted += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    quoted += '"';
    return at ? "{at: " + std::to_string(*at) + ", is: " + quoted + "}" : quoted;
}

std::string Condition::text() const {
    const FieldRow& row = kFieldRows[field];
    std::string values;
    const auto add = [&](const std::string& value) { values += (values.empty() ? "" : ", ") + value; };
    for (const Pattern& path : paths) add(path.text());
    for (const Network& network : networks) add(network.text());
    for (const std::string& name : names) add(name_text(name));
    for (const TextPattern& pattern : texts) add(pattern.text());
    for (const Range& range : ranges) add(number_text(row.kind, range));
    if (row.kind != FieldKind::kYesNo) values = "[" + values + "]";
    return (negated ? "not " : "") + std::string(row.word) + ": " + values;
}

Rule as_loaded(Rule rule) {
    if (rule.mode != Mode::kObserve) return rule;
    rule.offers.clear();
    rule.automatic.reset();
    rule.while_pending = 0;
    rule.follow_ns = 0;
    rule.two_persons = rule.reason_required = false;
    rule.flags &= ~QUELL_RULE_DENY;
    return rule;
}

bool is_place(std::uint32_t operation) { return operation < kObjectKinds.size() && kObjectKinds[operation] == ObjectKind::PLACE; }

std::uint64_t place_operations() {
    std::uint64_t mask = 0;
    for (std::uint32_t operation = 0; operation < kObjectKinds.size(); operation++)
        if (is_place(operation)) mask |= QUELL_OP_BIT(operation);
    return mask;
}

const Condition* address_of(const Rule& rule) {
    const auto found = std::find_if(rule.conditions.begin(), rule.conditions.end(), [](const Condition& one) { return one.field == QUELL_FIELD_ADDRESS && !one.negated; });
    return found == rule.conditions.end() ? nullptr : &*found;
}

std::vector<std::string_view> components(std::string_view path) {
    std::vector<std::string_view> parts;
    for (std::size_t at = 1; at < path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        parts.push_back(path.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

}  // namespace quell::policy
