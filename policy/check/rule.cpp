// SPDX-License-Identifier: Apache-2.0
#include "policy/check/rule.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

#include "policy/check/fields.h"
#include "policy/check/guard.h"
#include "policy/check/pattern.h"
#include "policy/check/words.h"
#include "policy/limits.h"
#include "user/base/vocabulary.h"

namespace quell::policy {
namespace {

constexpr std::array kRuleFields = {
    Field{"id", true},  Field{"name"},      Field{"description"},  Field{"severity", true}, Field{"tags"},
    Field{"on", true}, Field{"where"}, Field{"match", true}, Field{"except"},         Field{"respond"},
};
constexpr std::array kWhereFields = {Field{"subject", true}};
constexpr std::array kMatchFields = {Field{"path", true}};
constexpr std::array kExceptFields = {Field{"exe", true}};
constexpr std::array kRespondFields = {Field{"offer", true}, Field{"expires"}};

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

std::vector<Pattern> read_patterns(const std::vector<const Node*>& texts, Findings& findings) {
    std::vector<Pattern> patterns;
    for (const Node* text : texts)
        if (auto pattern = check_pattern(*text, findings)) patterns.push_back(std::move(*pattern));
    return patterns;
}

// Sorted, so that the order of a list means nothing.
void normalise(std::vector<Pattern>& patterns) {
    const auto key = [](const Pattern& a) { return std::tie(a.base, a.kind); };
    std::sort(patterns.begin(), patterns.end(), [&](const Pattern& a, const Pattern& b) { return key(a) < key(b); });
    const auto same = [&](const Pattern& a, const Pattern& b) { return key(a) == key(b); };
    patterns.erase(std::unique(patterns.begin(), patterns.end(), same), patterns.end());
}

void read_labels(const Node& node, Rule& rule, Findings& findings) {
    rule.name = rule.id;
    if (const Node* name = printable(node.find("name"), "name", kMaxTitleBytes, false, findings)) rule.name = name->text;
    (void)printable(node.find("description"), "description", kMaxDescriptionBytes, true, findings);
    if (const Node* severity = text_of(node.find("severity"), "severity", findings))
        rule.severity = word_of(*severity, "severity", kSeverityWords, findings).value_or(0);
    for (const Node* tag : texts_of(node.find("tags"), "tags", kMaxTags, findings))
        if (printable(tag, "a tag", kMaxTagBytes, false, findings) != nullptr) rule.tags.push_back(tag->text);
}

void read_operations(const Node& node, Rule& rule, Findings& findings) {
    for (const Node* word : texts_of(node.find("on"), "on", QUELL_OP_COUNT, findings))
        if (auto operation = word_of(*word, "an operation", kOperationWords, findings))
            rule.operations |= QUELL_BIT(*operation);
}

void read_where(const Node& node, Rule& rule, Findings& findings) {
    rule.subjects = kSubjectMasks[0];
    const Node* where = node.find("where");
    if (where == nullptr || !check_map(*where, "where", kWhereFields, findings)) return;
    if (const Node* subject = text_of(where->find("subject"), "subject", findings))
        if (auto index = word_of(*subject, "subject", kSubjectWords, findings)) rule.subjects = kSubjectMasks[*index];
}

void read_match(const Node& node, Rule& rule, Findings& findings) {
    const Node* match = node.find("match");
    if (match == nullptr || !check_map(*match, "match", kMatchFields, findings)) return;
    rule.paths = read_patterns(texts_of(match->find("path"), "path", kMaxPathsPerRule, findings), findings);
    normalise(rule.paths);
}

void read_exceptions(const Node& node, Rule& rule, Findings& findings) {
    for (const Node& exception : items_of(node.find("except"), "except", kMaxExceptionsPerRule, findings)) {
        if (!check_map(exception, "an exception", kExceptFields, findings)) continue;
        auto patterns = read_patterns(texts_of(exception.find("exe"), "exe", kMaxExceptionsPerRule, findings), findings);
        std::move(patterns.begin(), patterns.end(), std::back_inserter(rule.exceptions));
    }
    normalise(rule.exceptions);
    if (rule.exceptions.size() > kMaxExceptionsPerRule)
        findings.add(Code::kQ1108, rule.exceptions[kMaxExceptionsPerRule].where,
                     "the rule excepts " + std::to_string(rule.exceptions.size()) + " executables, at most " +
                         std::to_string(kMaxExceptionsPerRule) + " are accepted");
}

void read_expires(const Node* value, Rule& rule, Findings& findings) {
    const Node* text = text_of(value, "expires", findings);
    if (text == nullptr) return;
    const auto duration = parse_duration(text->text);
    if (!duration) {
        findings.add(Code::kQ1111, text->where, in_quotes(text->text) + " is not a duration",
                     "a number and a unit: 90s, 30m, 1h, 7d", text->text);
    } else if (*duration < kMinExpiresNs || *duration > kMaxExpiresNs) {
        findings.add(Code::kQ1112, text->where, "an offer cannot expire after " + in_quotes(text->text),
                     "between 1s and 7d", text->text);
    } else {
        rule.expires_ns = *duration;
    }
}

void read_respond(const Node& node, Rule& rule, Findings& findings) {
    rule.expires_ns = kDefaultExpiresNs;
    const Node* respond = node.find("respond");
    if (respond == nullptr || !check_map(*respond, "respond", kRespondFields, findings)) return;
    std::vector<const Node*> nodes;
    for (const Node* word : texts_of(respond->find("offer"), "offer", QUELL_RESPONSE_COUNT, findings)) {
        if (auto response = word_of(*word, "a response", kResponseWords, findings)) {
            rule.offers.push_back(*response);
            nodes.push_back(word);
        }
    }
    read_expires(respond->find("expires"), rule, findings);
    guard_offers(rule, nodes, findings);
}

}  // namespace

std::optional<Rule> check_rule(const Node& node, const std::string& policy, Findings& findings) {
    if (!check_map(node, "a rule", kRuleFields, findings)) return std::nullopt;
    Rule rule;
    rule.policy = policy;
    rule.where = node.where;
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
    read_exceptions(node, rule, findings);
    read_respond(node, rule, findings);
    guard_paths(rule, findings);
    if (rule.id.empty()) return std::nullopt;
    return rule;
}

}  // namespace quell::policy
