// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>

#include "policy/describe/rule_keys.h"
#include "policy/scenario/scenario.h"

namespace quell::policy {

std::optional<ScenarioFailure> compare(const Scenario& scenario, const std::set<std::string>& fired, const std::vector<Rule>& rules) {
    ScenarioFailure failure{scenario.name, scenario.where, {}, {}, {}};
    std::set_difference(scenario.fires.begin(), scenario.fires.end(), fired.begin(), fired.end(), std::back_inserter(failure.missing));
    std::set_difference(fired.begin(), fired.end(), scenario.fires.begin(), scenario.fires.end(), std::back_inserter(failure.unexpected));
    if (failure.missing.empty() && failure.unexpected.empty()) return std::nullopt;
    std::set<std::string> known;
    for (const Rule& rule : rules)
        if (rule.mode != Mode::kOff) known.insert(full_name(rule));
    for (const std::string& rule : failure.missing)
        if (!known.contains(rule.substr(0, rule.find(kInDoubt)))) failure.unknown.push_back(rule);
    // the first that did not fire is what to look at
    for (std::size_t i = 0; i < scenario.fires.size(); i++)
        if (!failure.missing.empty() && scenario.fires[i] == failure.missing.front()) failure.where = scenario.fires_where[i];
    return failure;
}

std::vector<ScenarioFailure> run_scenarios(std::span<const Scenario> scenarios, const std::vector<Rule>& rules) {
    std::vector<ScenarioFailure> failures;
    for (const Scenario& scenario : scenarios) {
        std::set<std::string> fired;
        for (const reference::Fired& one : reference::judge(rules, scenario.act)) fired.insert(full_name(*one.rule) + std::string(one.is_sure ? "" : kInDoubt));
        if (auto failure = compare(scenario, fired, rules)) failures.push_back(std::move(*failure));
    }
    return failures;
}

}  // namespace quell::policy
