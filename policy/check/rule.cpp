// SPDX-License-Identifier: Apache-2.0
#include "policy/check/rule.h"

#include <algorithm>
#include <array>

#include "policy/check/conditions.h"
#include "policy/check/fields.h"
#include "policy/check/guard.h"
#include "policy/check/respond.h"
#include "policy/check/words.h"
#include "policy/limits.h"
#include "user/base/vocabulary.h"

namespace quell::policy {
namespace {

constexpr std::array kRuleFields = {
    Field{"id", true},  Field{"name"},      Field{"description"},  Field{"severity", true}, Field{"tags"},
    Field{"on", true}, Field{"where"}, Field{"match"}, Field{"except"},         Field{"respond"},
    Field{"mode"},
};

constexpr std::array<std::string_view, 3> kSubjectWords = {"any", "host", "container"};
constexpr std::array<std::uint32_t, 3> kSubjectMasks = {QUELL_SUBJECT_HOST | QUELL_SUBJECT_CONTAINER,
                                                        QUELL_SUBJECT_HOST, QUELL_SUBJECT_CONTAINER};

// Text for people: bounded, nothing a terminal would obey.
const Node* printable(const Node* value, std::string_view what, std::size_t most, bool lines, Findings& findings) {
    const Node* text = text_of(value, what, findings);
    if (text == nullptr) return nullptr;
    if (text->text.size() > most) {
        findings.add(Code::kQ1107, text->where,
                     std::string(what) + " has " + std::to_string(text->text.size()) + " bytes, at most " +
                         std::to_string(most) + " are accepted",
                     "", text->text);
        return nullptr;
    }
    if (!is_printable(text->text, lines)) {
        findings.add(Code::kQ1107, text->where, std::string(what) + " holds control characters", "", text->text);
        return nullptr;
    }
    return text;
}

void read_labels(const Node& node, Rule& rule, Findings& findings) {
    rule.name = rule.id;
    if (const Node* name = printable(node.find("name"), "name", kMaxTitleBytes, false, findings)) rule.name = name->text;
    (void)printable(node.find("description"), "description", kMaxDescriptionBytes, true, findings);
    read_severity(node.find("severity"), rule, findings);
    for (const Node* tag : texts_of(node.find("tags"), "tags", kMaxTags, findings))
        if (printable(tag, "a tag", kMaxTagBytes, false, findings) != nullptr) rule.tags.push_back(tag->text);
    std::sort(rule.tags.begin(), rule.tags.end());
}

void read_operations(const Node& node, Rule& rule, Findings& findings) {
    for (const Node* word : texts_of(node.find("on"), "on", QUELL_OP_COUNT, findings))
        if (auto operation = word_of(*word, "an operation", kOperationWords, findings))
            rule.operations |= QUELL_OP_BIT(*operation);
}

void read_where(const Node& node, Rule& rule, Findings& findings) {
    static const auto kFields = condition_fields(FieldPlace::kSubject, !kBothPlaces, {Field{"subject"}, Field{kNot}, Field{kUse}, Field{kAll}});
    rule.subjects = kSubjectMasks[0];
    const Node* where = node.find(kWhere);
    if (where == nullptr || !check_map(*where, "where", kFields, findings)) return;
    if (where->entries.empty()) findings.add(Code::kQ1104, where->where, "where is an empty map");
    if (const Node* subject = text_of(where->find("subject"), "subject", findings))
        if (auto index = word_of(*subject, "subject", kSubjectWords, findings)) rule.subjects = kSubjectMasks[*index];
    read_conditions(*where, FieldPlace::kSubject, !kBothPlaces, "", rule.conditions, findings);
}

void read_match(const Node& node, Rule& rule, Findings& findings) {
    static const auto kFields = condition_fields(FieldPlace::kObject, !kBothPlaces, {Field{"path"}, Field{kNot}, Field{kUse}, Field{kAll}});
    const Node* match = node.find(kMatch);
    if (match != nullptr && !check_map(*match, "match", kFields, findings)) return;
    guard_path(rule, node.find("on"), match, findings);
    if (match == nullptr) return;
    if (match->entries.empty()) findings.add(Code::kQ1104, match->where, "match is an empty map");
    rule.paths = read_patterns(texts_of(match->find("path"), "path", kMaxPathsPerRule, findings), findings);
    normalise(rule.paths);
    read_conditions(*match, FieldPlace::kObject, !kBothPlaces, "path", rule.conditions, findings);
}

}  // namespace

void read_severity(const Node* value, Rule& rule, Findings& findings) {
    if (const Node* severity = text_of(value, "severity", findings))
        if (const auto index = word_of(*severity, "severity", kSeverityWords, findings)) rule.severity = *index;
}

void read_mode(const Node* value, Mode& mode, Findings& findings) {
    if (const Node* word = text_of(value, "mode", findings))
        if (const auto index = word_of(*word, "a mode", kModeWords, findings)) mode = static_cast<Mode>(*index);
}

void read_exceptions(const Node& node, Rule& rule, Findings& findings) {
    static const auto kFields = condition_fields(FieldPlace::kSubject, kBothPlaces, {Field{kNot}, Field{kUse}, Field{kAll}});
    for (const Node& exception : items_of(node.find("except"), "except", kMaxExceptionsPerRule, findings)) {
        if (!check_map(exception, "an exception", kFields, findings)) continue;
        if (exception.entries.empty()) findings.add(Code::kQ1104, exception.where, "an exception is an empty map");
        Group group;
        read_conditions(exception, FieldPlace::kSubject, kBothPlaces, "", group, findings);
        if (!group.empty()) rule.exceptions.push_back(std::move(group));
    }
    normalise(rule.exceptions);
}

// Ranges count one by one, as the kernel asks them.
void check_conditions(const Rule& rule, Findings& findings) {
    std::size_t count = 0;
    const auto add = [&](const Group& group) {
        for (const Condition& condition : group) count += condition.field == QUELL_FIELD_ALL_ARGUMENTS ? condition.texts.size() : std::max<std::size_t>(condition.ranges.size(), 1);
    };
    add(rule.conditions);
    for (const Group& exception : rule.exceptions) add(exception);
    if (count > kMaxConditionsPerRule)
        findings.add(Code::kQ1407, rule.where,
                     "the rule has " + std::to_string(count) + " conditions, at most " +
                         std::to_string(kMaxConditionsPerRule) + " are asked",
                     "ranges of numbers count one by one; put paths into one list", rule.id);
}

std::optional<Rule> check_rule(const Node& node, const std::string& policy, Mode mode, Findings& findings) {
    if (!check_map(node, "a rule", kRuleFields, findings)) return std::nullopt;
    Rule rule;
    rule.policy = policy;
    rule.where = node.where;
    rule.mode = mode;
    const Node* id = text_of(node.find("id"), "id", findings);
    if (id != nullptr) {
        rule.where = id->where;
        if (is_name(id->text))
            rule.id = id->text;
        else
            findings.add(Code::kQ1106, id->where, in_quotes(id->text) + " is not an id",
                         "lower-case letters, digits and hyphens, at most 63", id->text);
    }
    read_labels(node, rule, findings);
    read_operations(node, rule, findings);
    read_where(node, rule, findings);
    read_match(node, rule, findings);
    normalise(rule.conditions);
    read_exceptions(node, rule, findings);
    check_conditions(rule, findings);
    read_mode(node.find("mode"), rule.mode, findings);
    read_respond(node, rule, findings);
    guard_paths(rule, findings);
    if (rule.id.empty()) return std::nullopt;
    return rule;
}

}  // namespace quell::policy
