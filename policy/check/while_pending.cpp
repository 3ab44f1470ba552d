// SPDX-License-Identifier: Apache-2.0
#include "policy/check/while_pending.h"

#include "policy/check/field_table.h"
#include "policy/check/fields.h"
#include "policy/check/guard.h"
#include "user/base/vocabulary.h"

namespace quell::policy {
namespace {

// Why it cannot be held, nullptr where it can.
const char* not_possible(Hold hold, const Rule& rule) {
    if ((rule.subjects & QUELL_SUBJECT_CONTAINER) == 0) return "the rule is about the host only";
    if (hold == Hold::kDenyExec) return no_file(rule, true);
    // the directory that the object is in: of what is made, too
    if (hold == Hold::kDenyWrite && (rule.operations & operation_names::FILES) == 0) return "its operations have no path, and so no directory";
    return nullptr;
}

}  // namespace

std::uint32_t hold_response(std::size_t hold) { return static_cast<std::uint32_t>(word_index(kResponseWords, kHoldWords[hold]).value_or(QUELL_RESPONSE_COUNT)); }

std::uint32_t wanted_responses(const Rule& rule) {
    std::uint32_t mask = 0;
    for (std::size_t hold = 0; hold < kHoldWords.size(); hold++)
        if (rule.while_pending & QUELL_BIT(hold)) mask |= QUELL_BIT(hold_response(hold));
    return mask & QUELL_HOLDABLE;
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
}

}  // namespace quell::policy
