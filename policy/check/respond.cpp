// SPDX-License-Identifier: Apache-2.0
#include "policy/check/respond.h"

#include <array>
#include <charconv>

#include "policy/check/approvers.h"
#include "policy/check/automatic.h"
#include "policy/check/fields.h"
#include "policy/check/follow.h"
#include "policy/check/guard.h"
#include "policy/check/while_pending.h"
#include "policy/check/words.h"
#include "policy/limits.h"
#include "user/base/vocabulary.h"

namespace quell::policy {
namespace {

constexpr std::array kRespondFields = {Field{"offer"}, Field{"expires"}, Field{"deny"}, Field{"threshold"}, Field{"once-per"}, Field{"automatic"},
                                       Field{"while-pending"}, Field{"follow"}, Field{"two-persons"}, Field{"reason-required"}};
constexpr std::array kThresholdFields = {Field{"count", true}, Field{"within", true}};

// Between the bounds; nothing after a finding.
std::optional<std::uint64_t> duration(const Node* value, std::string_view what, std::uint64_t least, std::uint64_t most, Findings& findings) {
    const Node* text = text_of(value, what, findings);
    if (text == nullptr) return std::nullopt;
    const auto duration = parse_duration(text->text);
    if (!duration) {
        findings.add(Code::kQ1111, text->where, in_quotes(text->text) + " is not a duration",
                     "a number and a unit: 90s, 30m, 1h, 7d", text->text);
        return std::nullopt;
    }
    if (*duration >= least && *duration <= most) return duration;
    findings.add(Code::kQ1112, text->where, in_quotes(text->text) + " is out of bounds for " + std::string(what), "between 1s and 7d", text->text);
    return std::nullopt;
}

void read_deny(const Node& respond, Rule& rule, Findings& findings) {
    constexpr std::array<std::string_view, 2> kWords = {"false", "true"};
    const Node* text = text_of(respond.find("deny"), "deny", findings);
    if (text == nullptr) return;
    const auto yes = word_of(*text, "deny", kWords, findings);
    if (!yes || *yes == 0) return;
    rule.flags |= QUELL_RULE_DENY;
    guard_deny(rule, text->where, findings);
}

void read_threshold(const Node& respond, Rule& rule, Findings& findings) {
    const Node* threshold = respond.find("threshold");
    if (threshold == nullptr || !check_map(*threshold, "threshold", kThresholdFields, findings)) return;
    const auto within = duration(threshold->find("within"), "within", kMinExpiresNs, kMaxExpiresNs, findings);
    const Node* count = text_of(threshold->find("count"), "count", findings);
    if (count == nullptr || !within) return;
    std::uint32_t number = 0;
    const char* end = count->text.data() + count->text.size();
    const auto [stop, error] = std::from_chars(count->text.data(), end, number);
    if (error != std::errc{} || stop != end || number < 2 || number > kMaxThreshold) {
        findings.add(Code::kQ1113, count->where, in_quotes(count->text) + " is no number of events",
                     "from 2 to " + std::to_string(kMaxThreshold), count->text);
        return;
    }
    rule.threshold = number;
    rule.within_ns = *within;
}

}  // namespace

std::optional<std::uint64_t> read_duration(const Node* value, std::string_view what, Findings& findings) { return duration(value, what, kMinExpiresNs, kMaxExpiresNs, findings); }

void read_expires(const Node* value, Rule& rule, Findings& findings) {
    if (const auto expires = duration(value, "expires", kMinExpiresNs, kMaxExpiresNs, findings)) rule.expires_ns = *expires;
}

void read_offers(const Node* value, Rule& rule, Findings& findings) {
    std::vector<const Node*> nodes;
    for (const Node* word : texts_of(value, "offer", QUELL_RESPONSE_COUNT, findings)) {
        if (auto response = word_of(*word, "a response", kResponseWords, findings)) {
            rule.offers.push_back(*response);
            nodes.push_back(word);
        }
    }
    guard_offers(rule, nodes, findings);
}

void read_respond(const Node& rule_node, Rule& rule, Findings& findings) {
    rule.expires_ns = kDefaultExpiresNs;
    const Node* respond = rule_node.find("respond");
    if (respond == nullptr || !check_map(*respond, "respond", kRespondFields, findings)) return;
    if (respond->entries.empty()) findings.add(Code::kQ1104, respond->where, "respond is an empty map");
    read_offers(respond->find("offer"), rule, findings);
    read_expires(respond->find("expires"), rule, findings);
    read_deny(*respond, rule, findings);
    read_threshold(*respond, rule, findings);
    if (const auto once = duration(respond->find("once-per"), "once-per", kMinExpiresNs, kMaxExpiresNs, findings)) rule.once_ns = *once;
    read_automatic(respond->find("automatic"), rule, findings);
    guard_automatic(rule, respond->find("automatic"), findings);
    read_approvers(*respond, rule, findings);
    read_while_pending(*respond, rule, findings);
    read_follow(respond->find("follow"), rule, findings);
}

}  // namespace quell::policy
