// SPDX-License-Identifier: Apache-2.0
#include "policy/check/conditions.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <tuple>

#include "policy/check/accounts.h"
#include "policy/check/names.h"
#include "policy/check/pattern.h"
#include "policy/check/texts.h"
#include "policy/check/words.h"
#include "policy/limits.h"

namespace quell::policy {
namespace {

bool stands_here(const FieldRow& row, FieldPlace place, bool both) { return both || row.place == place; }

std::optional<std::uint32_t> number_of(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<Range> range_of(const Node& text, Findings& findings) {
    const std::size_t dash = text.text.find('-');
    const auto first = number_of(std::string_view(text.text).substr(0, dash));
    const auto last = dash == std::string::npos ? first : number_of(std::string_view(text.text).substr(dash + 1));
    if (first && last && *first <= *last) return Range{*first, *last};
    findings.add(Code::kQ1113, text.where, in_quotes(text.text) + " is no number and no range of numbers",
                 "0 to 4294967295, or a range such as 1000-1999", text.text);
    return std::nullopt;
}

std::optional<Range> account_of(const Node& text, FieldKind kind, Findings& findings) {
    const bool is_user = kind == FieldKind::kUsers;
    const auto number = is_user ? user_id(text.text) : group_id(text.text);
    if (number) return Range{*number, *number};
    findings.add(Code::kQ1126, text.where, "there is no " + std::string(is_user ? "user " : "group ") + in_quotes(text.text) + " in " + (is_user ? "/etc/passwd" : "/etc/group"),
                 "write the number where policies are checked on another host than they are for", text.text);
    return std::nullopt;
}

// Ranges that touch become one.
void normalise(std::vector<Range>& ranges) {
    std::sort(ranges.begin(), ranges.end());
    std::vector<Range> apart;
    for (const Range& range : ranges) {
        if (!apart.empty() && (apart.back().last >= range.first || apart.back().last + 1 == range.first))
            apart.back().last = std::max(apart.back().last, range.last);
        else
            apart.push_back(range);
    }
    ranges = std::move(apart);
}

std::optional<std::uint32_t> number_word(const Node& text, std::string_view what, std::span<const NumberWord> words,
                                         Findings& findings) {
    std::vector<std::string_view> names;
    std::transform(words.begin(), words.end(), std::back_inserter(names), [](const NumberWord& word) { return word.word; });
    const auto index = word_of(text, what, names, findings);
    return index ? std::optional(words[*index].number) : std::nullopt;
}

// Words stay apart, whatever their numbers are.
void keep_once(std::vector<Range>& ranges) {
    std::sort(ranges.begin(), ranges.end());
    ranges.erase(std::unique(ranges.begin(), ranges.end()), ranges.end());
}

class Reader {
public:
    Reader(const FieldRow& row, Findings& findings) : row_(row), findings_(findings) {}

    void read(const Node& value, Condition& condition) {
        if (row_.kind == FieldKind::kYesNo) return yes_no(value, condition);
        if (row_.kind == FieldKind::kTexts) {
            condition.texts = read_texts(value, condition.field, findings_);
            return;
        }
        const auto texts = texts_of(&value, row_.word, row_.kind == FieldKind::kNetworks ? kMaxNetworksPerRule : kMaxValuesPerCondition, findings_);
        if (row_.kind == FieldKind::kPaths) {
            condition.paths = read_patterns(texts, findings_);
            quell::policy::normalise(condition.paths);
            return;
        }
        if (row_.kind == FieldKind::kNetworks) {
            condition.networks = read_networks(texts, findings_);
            return;
        }
        if (row_.kind == FieldKind::kNames) {
            condition.names = read_names(condition.field, texts, findings_);
            return;
        }
        for (const Node* text : texts) number(*text, condition);
        if (is_numbers(row_.kind)) normalise(condition.ranges);
        if (is_one_word_each(row_.kind)) keep_once(condition.ranges);
    }

private:
    void yes_no(const Node& value, Condition& condition) {
        const Node* text = text_of(&value, row_.word, findings_);
        if (text == nullptr) return;
        if (const auto yes = number_word(*text, row_.word, kYesNoWords, findings_)) condition.ranges = {{*yes, *yes}};
    }

    void number(const Node& text, Condition& condition) {
        if (is_numbers(row_.kind)) {
            const bool is_name = row_.kind != FieldKind::kNumbers && is_account_name(text.text);
            if (const auto range = is_name ? account_of(text, row_.kind, findings_) : range_of(text, findings_)) condition.ranges.push_back(*range);
            return;
        }
        const auto number = number_word(text, row_.word, words_of(row_.kind), findings_);
        if (!number) return;
        if (is_one_word_each(row_.kind)) return condition.ranges.push_back({*number, *number});
        if (condition.ranges.empty()) condition.ranges.emplace_back();
        condition.ranges[0].first |= *number;
    }

    const FieldRow& row_;
    Findings& findings_;
};

}  // namespace

Condition read_condition(std::uint32_t field, const Node& value, Findings& findings) {
    Condition condition;
    condition.field = field;
    Reader(kFieldRows[field], findings).read(value, condition);
    return condition;
}

namespace {

void read_keys(const Node& node, FieldPlace place, bool both, std::string_view skip, bool negated, Group& group,
               Findings& findings) {
    check_inner_maps(node, place, both, findings);
    for (std::uint32_t field = 0; field < kFieldRows.size(); field++) {
        const FieldRow& row = kFieldRows[field];
        const Node* value = stands_here(row, place, both) && row.word != skip ? find_key(node, row.word) : nullptr;
        if (value == nullptr) continue;
        Condition condition = read_condition(field, *value, findings);
        condition.negated = negated;
        const bool is_empty = condition.paths.empty() && condition.networks.empty() && condition.ranges.empty() && condition.names.empty() && condition.texts.empty();
        if (!is_empty) group.push_back(std::move(condition));
    }
}

auto path_key(const Pattern& pattern) { return std::tie(pattern.base, pattern.kind); }

bool is_plain_list(const Group& group) {
    return group.size() == 1 && !group[0].negated && kFieldRows[group[0].field].kind == FieldKind::kPaths;
}

}  // namespace

std::vector<Field> condition_fields(FieldPlace place, bool both, std::vector<Field> own) {
    for (const FieldRow& row : kFieldRows)
        if (const auto key = outer_key(row.word); stands_here(row, place, both) && (own.empty() || own.back().name != key)) own.push_back({key});
    return own;
}

namespace {

// More conditions, so that a key can be said more than once.
void read_all(const Node& all, FieldPlace place, bool both, Group& group, Findings& findings) {
    for (const Node& entry : items_of(&all, kAll, kMaxValuesPerCondition, findings)) {
        if (!check_map(entry, "an entry of all", condition_fields(place, both, {Field{kNot}}), findings)) continue;
        if (entry.entries.empty()) findings.add(Code::kQ1104, entry.where, "an entry of all is an empty map");
        read_conditions(entry, place, both, "", group, findings);
    }
}

}  // namespace

void read_conditions(const Node& node, FieldPlace place, bool both, std::string_view skip, Group& group,
                     Findings& findings) {
    read_keys(node, place, both, skip, false, group, findings);
    if (const Node* used = node.find(kUse))
        for (const Node& macro : used->items) read_macro(macro, group, findings);
    if (const Node* all = node.find(kAll)) read_all(*all, place, both, group, findings);
    const Node* negated = node.find(kNot);
    if (negated == nullptr || !check_map(*negated, "not", condition_fields(place, both, {}), findings)) return;
    if (negated->entries.empty()) findings.add(Code::kQ1104, negated->where, "not is an empty map");
    read_keys(*negated, place, both, "", true, group, findings);
}

void read_macro(const Node& macro, Group& group, Findings& findings) {
    if (const Node* where = macro.find(kWhere)) read_conditions(*where, FieldPlace::kSubject, !kBothPlaces, "", group, findings);
    if (const Node* match = macro.find(kMatch)) read_conditions(*match, FieldPlace::kObject, !kBothPlaces, "", group, findings);
}

std::vector<Pattern> read_patterns(const std::vector<const Node*>& texts, Findings& findings) {
    std::vector<Pattern> patterns;
    for (const Node* text : texts)
        if (auto pattern = check_pattern(*text, findings)) patterns.push_back(std::move(*pattern));
    return patterns;
}

void normalise(std::vector<Pattern>& patterns) {
    std::sort(patterns.begin(), patterns.end(), [](const Pattern& a, const Pattern& b) { return path_key(a) < path_key(b); });
    const auto same = [](const Pattern& a, const Pattern& b) { return path_key(a) == path_key(b); };
    patterns.erase(std::unique(patterns.begin(), patterns.end(), same), patterns.end());
}

void normalise(Group& group) {
    const auto less = [](const Condition& a, const Condition& b) {
        if (a.field != b.field || a.negated != b.negated) return std::tie(a.field, a.negated) < std::tie(b.field, b.negated);
        return a.text() < b.text();  // only where macros say a key more than once
    };
    std::sort(group.begin(), group.end(), less);
    group.erase(std::unique(group.begin(), group.end(), [&](const Condition& a, const Condition& b) { return !less(a, b) && !less(b, a); }), group.end());
}

void normalise(std::vector<Group>& groups) {
    std::map<std::uint32_t, Condition> lists;
    std::map<std::string, Group> others;
    for (Group& group : groups) {
        normalise(group);
        if (is_plain_list(group)) {
            Condition& list = lists.try_emplace(group[0].field, Condition{group[0].field, false, {}, {}, {}, {}}).first->second;
            std::move(group[0].paths.begin(), group[0].paths.end(), std::back_inserter(list.paths));
            continue;
        }
        std::string text;
        for (const Condition& condition : group) text += condition.text() + "\n";
        others.emplace(std::move(text), std::move(group));
    }
    groups.clear();
    for (auto& [field, list] : lists) {
        normalise(list.paths);
        groups.push_back({std::move(list)});
    }
    for (auto& [text, group] : others) groups.push_back(std::move(group));
}

}  // namespace quell::policy
