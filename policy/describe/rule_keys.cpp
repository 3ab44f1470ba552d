// SPDX-License-Identifier: Apache-2.0
#include "policy/describe/rule_keys.h"

#include <algorithm>
#include <array>

#include "policy/check/field_table.h"
#include "policy/limits.h"
#include "user/base/vocabulary.h"

namespace quell::policy {
namespace {

using Values = std::vector<std::string>;

std::string subject_word(std::uint32_t mask) {
    switch (mask) {
        case QUELL_SUBJECT_HOST: return "host";
        case QUELL_SUBJECT_CONTAINER: return "container";
        default: return "any";
    }
}

Values sorted(Values values) {
    std::sort(values.begin(), values.end());
    return values;
}

Values operation_words(const Rule& rule) {
    Values words;
    for (std::size_t i = 0; i < kOperationWords.size(); i++)
        if (rule.operations & QUELL_OP_BIT(i)) words.emplace_back(kOperationWords[i]);
    return words;
}

Values patterns(const std::vector<Pattern>& list) {
    Values texts;
    for (const Pattern& pattern : list) texts.push_back(pattern.text());
    return sorted(std::move(texts));
}

Values conditions(const Group& group, FieldPlace place) {
    Values texts;
    for (const Condition& condition : group)
        if (kFieldRows[condition.field].place == place) texts.push_back(condition.text());
    return sorted(std::move(texts));
}

Values exceptions(const Rule& rule) {
    Values texts;
    for (const Group& group : rule.exceptions) {
        std::string text;
        for (const Condition& condition : group) text += (text.empty() ? "" : ", ") + condition.text();
        texts.push_back("{" + text + "}");
    }
    return sorted(std::move(texts));
}

Values response_words(const Rule& rule) {
    Values words;
    for (const std::uint32_t offer : rule.offers) words.emplace_back(word_at(kResponseWords, offer));
    return words;
}

Values held_words(const Rule& rule) {
    Values words;
    for (std::size_t i = 0; i < kHoldWords.size(); i++)
        if (rule.while_pending & QUELL_BIT(i)) words.emplace_back(kHoldWords[i]);
    return sorted(std::move(words));
}

struct Key {
    std::string_view name;
    KeyShape shape;
    Values (*read)(const Rule&);
    Values (*missing)(const Rule&);  // nullptr: the key is required
};

Values nothing(const Rule&) { return {}; }

constexpr std::array kRuleKeys = {
    Key{"name", KeyShape::kText, [](const Rule& rule) { return Values{rule.name}; }, [](const Rule& rule) { return Values{rule.id}; }},
    Key{"severity", KeyShape::kText, [](const Rule& rule) { return Values{std::string(word_at(kSeverityWords, rule.severity))}; }, nullptr},
    Key{"mode", KeyShape::kText, [](const Rule& rule) { return Values{std::string(kModeWords[static_cast<std::size_t>(rule.mode)])}; },
        [](const Rule&) { return Values{"on"}; }},
    Key{"tags", KeyShape::kSet, [](const Rule& rule) { return rule.tags; }, nothing},
    Key{"on", KeyShape::kSet, operation_words, nullptr},
    Key{"where.subject", KeyShape::kText, [](const Rule& rule) { return Values{subject_word(rule.subjects)}; },
        [](const Rule&) { return Values{"any"}; }},
    Key{"match.path", KeyShape::kSet, [](const Rule& rule) { return patterns(rule.paths); }, nothing},
    Key{"where", KeyShape::kSet, [](const Rule& rule) { return conditions(rule.conditions, FieldPlace::kSubject); }, nothing},
    Key{"match", KeyShape::kSet, [](const Rule& rule) { return conditions(rule.conditions, FieldPlace::kObject); }, nothing},
    Key{"except", KeyShape::kSet, exceptions, nothing},
    Key{"respond.offer", KeyShape::kList, response_words, nothing},
    Key{"respond.deny", KeyShape::kText, [](const Rule& rule) { return Values{rule.flags & QUELL_RULE_DENY ? "true" : "false"}; },
        [](const Rule&) { return Values{"false"}; }},
    Key{"respond.threshold.count", KeyShape::kText, [](const Rule& rule) { return rule.threshold ? Values{std::to_string(rule.threshold)} : Values{}; }, nothing},
    Key{"respond.threshold.within", KeyShape::kText, [](const Rule& rule) { return rule.threshold ? Values{duration_text(rule.within_ns)} : Values{}; }, nothing},
    Key{"respond.once-per", KeyShape::kText, [](const Rule& rule) { return rule.once_ns ? Values{duration_text(rule.once_ns)} : Values{}; }, nothing},
    Key{"respond.automatic.response", KeyShape::kText,
        [](const Rule& rule) { return rule.automatic ? Values{std::string(word_at(kResponseWords, rule.automatic->response))} : Values{}; }, nothing},
    Key{"respond.automatic.per-hour", KeyShape::kText, [](const Rule& rule) { return rule.automatic ? Values{std::to_string(rule.automatic->per_hour)} : Values{}; }, nothing},
    Key{"respond.automatic.dry-run", KeyShape::kText, [](const Rule& rule) { return rule.automatic && rule.automatic->dry_run ? Values{"true"} : Values{"false"}; },
        [](const Rule&) { return Values{"false"}; }},
    Key{"respond.while-pending", KeyShape::kSet, held_words, nothing},
    Key{"respond.follow.workload", KeyShape::kText, [](const Rule& rule) { return rule.follow_ns ? Values{duration_text(rule.follow_ns)} : Values{}; }, nothing},
    Key{"respond.two-persons", KeyShape::kText, [](const Rule& rule) { return Values{rule.two_persons ? "true" : "false"}; },
        [](const Rule&) { return Values{"false"}; }},
    Key{"respond.reason-required", KeyShape::kText, [](const Rule& rule) { return Values{rule.reason_required ? "true" : "false"}; },
        [](const Rule&) { return Values{"false"}; }},
    Key{"respond.expires", KeyShape::kText, [](const Rule& rule) { return Values{duration_text(rule.expires_ns)}; },
        [](const Rule&) { return Values{duration_text(kDefaultExpiresNs)}; }},
};

}  // namespace

std::vector<KeyValue> key_values(const Rule& rule) {
    std::vector<KeyValue> all;
    for (const Key& key : kRuleKeys) {
        Values values = key.read(rule);
        const bool is_default = key.missing != nullptr && values == key.missing(rule);
        all.push_back(KeyValue{key.name, key.shape, std::move(values), is_default});
    }
    return all;
}

std::string full_name(const Rule& rule) { return rule.policy + "/" + rule.id; }

std::string duration_text(std::uint64_t ns) {
    const std::uint64_t seconds = ns / kSecond;
    struct Unit {
        std::uint64_t seconds;
        const char* letter;
    };
    for (const Unit unit : {Unit{86'400, "d"}, Unit{3'600, "h"}, Unit{60, "m"}})
        if (seconds != 0 && seconds % unit.seconds == 0) return std::to_string(seconds / unit.seconds) + unit.letter;
    return std::to_string(seconds) + "s";
}

}  // namespace quell::policy
