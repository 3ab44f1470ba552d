// SPDX-License-Identifier: Apache-2.0
#include "policy/check/approvers.h"

#include <array>

#include "policy/check/fields.h"
#include "policy/check/guard.h"

namespace quell::policy {
namespace {

bool is_true(const Node* value, std::string_view what, Findings& findings) {
    constexpr std::array<std::string_view, 2> kWords = {"false", "true"};
    const Node* text = text_of(value, what, findings);
    return text != nullptr && word_of(*text, what, kWords, findings).value_or(0) == 1;
}

}  // namespace

void read_approvers(const Node& respond, Rule& rule, Findings& findings) {
    rule.reason_required = is_true(respond.find("reason-required"), "reason-required", findings);
    const Node* two = respond.find("two-persons");
    rule.two_persons = is_true(two, "two-persons", findings);
    if (two != nullptr) guard_approvers(rule, *two, findings);
}

void guard_approvers(const Rule& rule, const Node& value, Findings& findings) {
    if (rule.two_persons && rule.automatic)
        findings.add(Code::kQ1316, value.where, "'two-persons' asks for two who approve, and 'automatic' for none", "keep one of them", value.text);
}

}  // namespace quell::policy
