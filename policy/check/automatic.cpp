// SPDX-License-Identifier: Apache-2.0
#include "policy/check/automatic.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "policy/check/fields.h"
#include "policy/limits.h"
#include "user/base/vocabulary.h"

namespace quell::policy {
namespace {

constexpr std::array kAutomaticFields = {Field{"response", true}, Field{"per-hour", true}, Field{"dry-run"}};
constexpr std::array<std::string_view, 2> kYesNo = {"false", "true"};

std::optional<std::uint32_t> per_hour(const Node* value, Findings& findings) {
    const Node* text = text_of(value, "per-hour", findings);
    if (text == nullptr) return std::nullopt;
    std::uint32_t number = 0;
    const char* end = text->text.data() + text->text.size();
    const auto [stop, error] = std::from_chars(text->text.data(), end, number);
    if (error == std::errc{} && stop == end && number >= 1 && number <= kMaxAutomaticPerHour) return number;
    findings.add(Code::kQ1125, text->where, in_quotes(text->text) + " is no number of responses an hour",
                 "from 1 to " + std::to_string(kMaxAutomaticPerHour), text->text);
    return std::nullopt;
}

}  // namespace

void read_automatic(const Node* value, Rule& rule, Findings& findings) {
    if (value == nullptr) return;
    if (value->type == Node::Type::kText) {
        constexpr std::array<std::string_view, 1> kOff = {"off"};
        if (const Node* text = text_of(value, "automatic", findings); text != nullptr && word_of(*text, "automatic", kOff, findings)) rule.automatic.reset();
        return;
    }
    if (!check_map(*value, "automatic", kAutomaticFields, findings)) return;
    Automatic automatic;
    const Node* response = text_of(value->find("response"), "response", findings);
    const auto which = response == nullptr ? std::nullopt : word_of(*response, "a response", kResponseWords, findings);
    const auto most = per_hour(value->find("per-hour"), findings);
    if (const Node* dry = text_of(value->find("dry-run"), "dry-run", findings))
        automatic.dry_run = word_of(*dry, "dry-run", kYesNo, findings).value_or(1) == 1;
    if (!which || !most) return;
    automatic.response = *which;
    automatic.per_hour = *most;
    rule.automatic = automatic;
}

void guard_automatic(const Rule& rule, const Node* value, Findings& findings) {
    if (value == nullptr || !rule.automatic) return;
    const Node* response = value->find("response");
    const Node& at = response != nullptr ? *response : *value;
    const std::string word(word_at(kResponseWords, rule.automatic->response));
    if (std::find(rule.offers.begin(), rule.offers.end(), rule.automatic->response) == rule.offers.end())
        findings.add(Code::kQ1124, at.where, in_quotes(word) + " is not among the offers of the rule",
                     "an operator must be able to do what is held back: add " + in_quotes(word) + " to 'offer'", at.text);
    if (rule.mode == Mode::kObserve && value->type == Node::Type::kMap)
        findings.add(Code::kQ1314, value->where, "nothing is done by itself for a rule whose mode is 'observe'",
                     "'mode: on' with 'dry-run: true' tries it out");
}

}  // namespace quell::policy
