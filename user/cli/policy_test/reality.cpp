// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_test/reality.h"

#include <algorithm>

#include "policy/check/field_table.h"
#include "policy/describe/rule_keys.h"

namespace quell::cli {

namespace {

std::uint64_t fields_of(const policy::Group& group) {
    std::uint64_t mask = 0;
    for (const policy::Condition& condition : group) mask |= std::uint64_t{1} << condition.field;
    return mask;
}

}  // namespace

Reality::Reality(const policy::Scenario& scenario, const std::vector<policy::Rule>& rules) : act_(scenario.act) {
    for (const policy::Rule& rule : rules) {
        if (rule.mode == policy::Mode::kOff || (rule.operations & QUELL_OP_BIT(act_.operation)) == 0 || (rule.subjects & act_.subject) == 0) continue;
        asked_ |= fields_of(rule.conditions);
        for (const policy::Group& exception : rule.exceptions) asked_ |= fields_of(exception);
    }
}

void Reality::will_be(std::uint32_t field, std::uint32_t value) {
    if (act_.numbers[field] != value) differs(field, std::to_string(value) + " then, and here " + std::to_string(act_.numbers[field]));
}

void Reality::differs(std::uint32_t field, const std::string& how) {
    if (asked(field)) cannot("a rule asks for " + std::string(policy::kFieldRows[field].word) + ": " + how);
}

void Reality::cannot(const std::string& why) {
    if (why_not_.empty()) why_not_ = why;
}

std::string why_not_told(const policy::Scenario& scenario, const std::vector<policy::Rule>& rules) {
    for (std::uint32_t field = QUELL_FIELD_CONTAINER_NAME; field <= QUELL_FIELD_CONTAINER_CGROUP; field++)
        if (scenario.act.names.of(field)) return "a container is not given the names that a runtime would know";
    const auto fired = policy::reference::judge(rules, scenario.act);
    for (const policy::Rule& rule : rules) {
        const std::string name = policy::full_name(rule);
        const auto is_it = [&](const policy::reference::Fired& one) { return one.rule == &rule; };
        const auto found = std::find_if(fired.begin(), fired.end(), is_it);
        const bool is_expected = std::ranges::any_of(scenario.fires, [&](const std::string& one) { return one.starts_with(name) && (one.size() == name.size() || one[name.size()] == ' '); });
        if (found == fired.end() && !is_expected) continue;
        if (rule.threshold != 0 || rule.once_ns != 0) return name + " has a threshold or once-per: it is not told at each match";
        if (found != fired.end() && !found->is_sure) return name + " hangs on what the container is called";
    }
    return {};
}

}  // namespace quell::cli
