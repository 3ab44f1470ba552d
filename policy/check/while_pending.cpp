// SPDX-License-Identifier: Apache-2.0
#include "policy/check/while_pending.h"

#include "policy/check/fields.h"
#include "policy/check/guard.h"
#include "user/base/vocabulary.h"

namespace quell::policy {
namespace {

// Why it cannot be held, nullptr where it can.
const char* not_possible(Hold hold, const Rule& rule) {
    if (hold == Hold::kDenyWrite) return no_file(rule);
    return (rule.subjects & QUELL_SUBJECT_CONTAINER) == 0 ? "the rule is about the host only" : nullptr;
}

std::string unsupported_words(const Rule& rule) {
    std::string words;
    for (std::size_t hold = 0; hold < kHoldWords.size(); hold++)
        if ((rule.while_pending & QUELL_BIT(hold)) && !hold_response(hold)) words += (words.empty() ? "" : " and ") + std::string(kHoldWords[hold]);
    return words;
}

}  // namespace

std::optional<std::uint32_t> hold_response(std::size_t hold) {
    const auto response = word_index(kResponseWords, kHoldWords[hold]);
    if (!response || !(QUELL_HOLDABLE & QUELL_BIT(*response))) return std::nullopt;
    return static_cast<std::uint32_t>(*response);
}

std::uint32_t wanted_responses(const Rule& rule) {
    std::uint32_t mask = 0;
    for (std::size_t hold = 0; hold < kHoldWords.size(); hold++)
        if (const auto response = hold_response(hold); response && (rule.while_pending & QUELL_BIT(hold))) mask |= QUELL_BIT(*response);
    return mask;
}

void read_while_pending(const Node& respond, Rule& rule, Findings& findings) {
    const Node* value = respond.find("while-pending");
    if (value == nullptr) return;
    for (const Node* word : texts_of(value, "while-pending", kHoldWords.size(), findings)) {
        const auto hold = word_of(*word, "while-pending", kHoldWords, findings);
        if (!hold) continue;
        rule.while_pending |= QUELL_BIT(*hold);
        if (const char* why = not_possible(static_cast<Hold>(*hold), rule))
            findings.add(Code::kQ1315, word->where, in_quotes(word->text) + " is not possible: " + why, "remove it", word->text);
    }
    if (!unsupported_words(rule).empty()) rule.later.push_back(value->where);
}

void tell_unsupported(const std::vector<Rule>& rules, bool to_apply, Findings& findings) {
    for (const Rule& rule : rules)
        for (const Location& where : rule.later) {
            const std::string words = unsupported_words(rule);
            if (to_apply && rule.mode == Mode::kOn)
                findings.add(Code::kQ1410, where, words + " in while-pending is not yet supported: " + in_quotes(rule.policy + "/" + rule.id) + " is not applied without it",
                             "take the word out, or set the rule's 'mode: observe'");
            else
                findings.add(Code::kQ1313, where, words + " is not yet supported: 'quell policy apply' refuses the rule while it is on", "");
        }
}

}  // namespace quell::policy
