// SPDX-License-Identifier: Apache-2.0
#include "policy/check/words.h"
#include "policy/describe/rule_keys.h"
#include "user/base/escape.h"
#include "user/cli/policy_files.h"
#include "user/cli/policy_test/tested.h"

namespace quell::cli {

namespace {

using policy::ScenarioFailure;

std::string names(std::span<const std::string> rules) {
    std::string text;
    for (const std::string& rule : rules) text += (text.empty() ? "" : ", ") + escape(rule);
    return text;
}

std::string place(const ScenariosToTest& tested, const policy::Location& where) {
    return escape(tested.file) + ":" + std::to_string(where.line) + ":" + std::to_string(where.column) + ": ";
}

}  // namespace

std::string failure_text(const ScenariosToTest& tested, const ScenarioFailure& failure) {
    std::string text = place(tested, failure.where) + "failed: " + escape(failure.scenario) + "\n";
    if (!failure.missing.empty()) text += "    did not fire: " + names(failure.missing) + "\n";
    if (!failure.unexpected.empty()) text += "    fired, and was not expected: " + names(failure.unexpected) + "\n";
    std::vector<std::string> rules;
    for (const policy::Rule& rule : tested.rules) rules.push_back(policy::full_name(rule));
    const std::vector<std::string_view> known(rules.begin(), rules.end());
    for (const std::string& rule : failure.unknown) {
        const std::string hint = policy::suggestion(rule, known);
        text += "    no rule " + escape(rule) + " is on" + (hint.starts_with("did you mean") ? ": " + escape(hint) : "") + "\n";
    }
    return text;
}

std::string not_tried_text(const ScenariosToTest& tested, const NotTried& one) {
    return place(tested, one.where) + "not tried: " + escape(one.scenario) + "\n    " + escape(one.reason) + "\n";
}

Json outcome_json(const ScenariosToTest& tested, const KernelOutcome& outcome, bool with_kernel) {
    Json failures = Json::array(), not_tried = Json::array();
    for (const ScenarioFailure& failure : outcome.failures)
        failures.push_back({{"scenario", escape(failure.scenario)}, {"line", failure.where.line}, {"column", failure.where.column},
                            {"missing", safe_list(failure.missing)}, {"unexpected", safe_list(failure.unexpected)}});
    for (const NotTried& one : outcome.not_tried)
        not_tried.push_back({{"scenario", escape(one.scenario)}, {"line", one.where.line}, {"column", one.where.column}, {"reason", escape(one.reason)}});
    Json json = {{"file", escape(tested.file)}, {"scenarios", tested.scenarios.size()}, {"failures", std::move(failures)}};
    if (with_kernel) json["not_tried"] = std::move(not_tried);
    return json;
}

}  // namespace quell::cli
