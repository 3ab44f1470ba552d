// SPDX-License-Identifier: Apache-2.0
#include "policy/check/later.h"

#include "policy/check/fields.h"
#include "policy/check/guard.h"

namespace quell::policy {
namespace {

// Why it cannot be held, nullptr where it can.
const char* not_possible(Hold hold, const Rule& rule) {
    if (hold == Hold::kDenyWrite) return no_file(rule);
    return (rule.subjects & QUELL_SUBJECT_CONTAINER) == 0 ? "the rule is about the host only" : nullptr;
}

}  // namespace

void read_later(const Node& respond, Rule& rule, Findings& findings) {
    if (const Node* value = respond.find("while-pending")) {
        rule.later.push_back(value->where);
        for (const Node* word : texts_of(value, "while-pending", kHoldWords.size(), findings)) {
            const auto hold = word_of(*word, "while-pending", kHoldWords, findings);
            if (!hold) continue;
            rule.while_pending |= QUELL_BIT(*hold);
            if (const char* why = not_possible(static_cast<Hold>(*hold), rule))
                findings.add(Code::kQ1315, word->where, in_quotes(word->text) + " is not possible: " + why, "remove it", word->text);
        }
    }
}

void tell_later(const std::vector<Rule>& rules, bool to_apply, Findings& findings) {
    for (const Rule& rule : rules)
        for (const Location& where : rule.later) {
            if (to_apply && rule.mode == Mode::kOn)
                findings.add(Code::kQ1410, where, "while-pending is not yet supported: " + in_quotes(rule.policy + "/" + rule.id) + " is not applied without it",
                             "take the key out, or set the rule's 'mode: observe'");
            else
                findings.add(Code::kQ1313, where, "not yet supported: 'quell policy apply' refuses the rule while it is on", "");
        }
}

}  // namespace quell::policy
