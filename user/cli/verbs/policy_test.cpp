// SPDX-License-Identifier: Apache-2.0
// Scenarios against the reference matcher: no daemon, privilege or kernel.
#include <filesystem>

#include "policy/check/words.h"
#include "policy/describe/rule_keys.h"
#include "policy/limits.h"
#include "policy/scenario/scenario.h"
#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/cli/policy_files.h"

namespace quell::cli {

namespace {

using policy::ScenarioFailure;

// One file of scenarios, read and run.
struct Tested {
    std::string file;
    std::size_t scenarios = 0;
    std::vector<ScenarioFailure> failures;
    std::vector<std::string> rules;  // that there are
};

// Where the policies are: given, else named by the file beside itself.
std::vector<std::string> policies_of(Invocation& invocation, const policy::ScenarioFile& scenarios, const std::string& file) {
    if (invocation.has("--policies")) return {invocation.value("--policies")};
    std::vector<std::string> paths;
    for (const std::string& path : scenarios.policies) paths.push_back((std::filesystem::path(file).parent_path() / path).lexically_normal());
    if (paths.empty()) paths.emplace_back(kPolicyDirectory);
    return paths;
}

std::optional<Tested> test_file(Invocation& invocation, const std::string& file) {
    auto text = read_file(file, policy::kMaxFileBytes);
    if (!text) return report_error(invocation, text.error()), std::nullopt;
    const policy::Source source{file, std::move(*text)};
    const policy::SourceText view(source);
    policy::Findings findings(std::span(&view, 1));
    const auto scenarios = policy::read_scenarios(std::span(&view, 1), 0, findings);
    if (!scenarios) return report_findings(invocation, findings.take()), std::nullopt;
    const auto policies = check_policy_files(invocation, policies_of(invocation, *scenarios, file));
    if (!policies) return std::nullopt;
    Tested tested{file, scenarios->scenarios.size(), policy::run_scenarios(scenarios->scenarios, policies->checked.rules), {}};
    for (const policy::Rule& rule : policies->checked.rules) tested.rules.push_back(policy::full_name(rule));
    return tested;
}

std::string names(std::span<const std::string> rules) {
    std::string text;
    for (const std::string& rule : rules) text += (text.empty() ? "" : ", ") + escape(rule);
    return text;
}

std::string failure_text(const Tested& tested, const ScenarioFailure& failure) {
    std::string text = escape(tested.file) + ":" + std::to_string(failure.where.line) + ":" + std::to_string(failure.where.column) + ": failed: " +
                       escape(failure.scenario) + "\n";
    if (!failure.missing.empty()) text += "    did not fire: " + names(failure.missing) + "\n";
    if (!failure.unexpected.empty()) text += "    fired, and was not expected: " + names(failure.unexpected) + "\n";
    const std::vector<std::string_view> known(tested.rules.begin(), tested.rules.end());
    for (const std::string& rule : failure.unknown) {
        const std::string hint = policy::suggestion(rule, known);
        text += "    no rule " + escape(rule) + " is on" + (hint.starts_with("did you mean") ? ": " + escape(hint) : "") + "\n";
    }
    return text;
}

Json tested_json(const Tested& tested) {
    Json failures = Json::array();
    for (const ScenarioFailure& failure : tested.failures)
        failures.push_back({{"scenario", escape(failure.scenario)}, {"line", failure.where.line}, {"column", failure.where.column},
                            {"missing", safe_list(failure.missing)}, {"unexpected", safe_list(failure.unexpected)}});
    return {{"file", escape(tested.file)}, {"scenarios", tested.scenarios}, {"failures", std::move(failures)}};
}

}  // namespace

int run_policy_test(Invocation& invocation) {
    Json files = Json::array();
    std::size_t scenarios = 0, failed = 0;
    for (const std::string& file : invocation.all("FILES")) {
        const auto tested = test_file(invocation, file);
        if (!tested) return kFailed;
        scenarios += tested->scenarios;
        failed += tested->failures.size();
        files.push_back(tested_json(*tested));
        if (!invocation.json)
            for (const ScenarioFailure& failure : tested->failures) invocation.out.print(failure_text(*tested, failure));
    }
    if (invocation.json)
        print_json(invocation, {{"ok", failed == 0}, {"files", std::move(files)}});
    else
        invocation.out.print(failed == 0 ? "ok: " + std::to_string(scenarios) + " scenarios\n"
                                         : std::to_string(failed) + " of " + std::to_string(scenarios) + " scenarios failed\n");
    return failed == 0 ? kDone : kFailed;
}

}  // namespace quell::cli
