// SPDX-License-Identifier: Apache-2.0
// Scenarios against the reference matcher: no daemon, privilege or kernel. Or, with --kernel, against the kernel side.
#include <filesystem>

#include "policy/limits.h"
#include "user/base/files.h"
#include "user/cli/policy_files.h"
#include "user/cli/policy_test/endings.h"
#include "user/cli/policy_test/tested.h"

namespace quell::cli {

namespace {

// Where the policies are: given, else named by the file beside itself.
std::vector<std::string> policies_of(Invocation& invocation, const policy::ScenarioFile& scenarios, const std::string& file) {
    if (invocation.has("--policies")) return {invocation.value("--policies")};
    std::vector<std::string> paths;
    for (const std::string& path : scenarios.policies) paths.push_back((std::filesystem::path(file).parent_path() / path).lexically_normal());
    if (paths.empty()) paths.emplace_back(kPolicyDirectory);
    return paths;
}

std::optional<ScenariosToTest> read(Invocation& invocation, const std::string& file) {
    auto text = read_file(file, policy::kMaxFileBytes);
    if (!text) return report_error(invocation, text.error()), std::nullopt;
    const policy::Source source{file, std::move(*text)};
    const policy::SourceText view(source);
    policy::Findings findings(std::span(&view, 1));
    auto scenarios = policy::read_scenarios(std::span(&view, 1), 0, findings);
    if (!scenarios) return report_findings(invocation, findings.take()), std::nullopt;
    ScenariosToTest to_test{file, {}, policies_of(invocation, *scenarios, file), {}};
    auto policies = check_policy_files(invocation, to_test.policies);
    if (!policies) return std::nullopt;
    to_test.scenarios = std::move(scenarios->scenarios);
    to_test.rules = std::move(policies->checked.rules);
    return to_test;
}

struct Counts {
    std::size_t scenarios = 0, failed = 0, not_tried = 0;
};

std::string summary(const Counts& counts, bool with_kernel) {
    const std::string all = std::to_string(counts.scenarios);
    if (with_kernel)
        return all + " scenarios: " + std::to_string(counts.scenarios - counts.failed - counts.not_tried) + " as expected, " + std::to_string(counts.failed) + " different, " +
               std::to_string(counts.not_tried) + " not tried\n";
    return counts.failed == 0 ? "ok: " + all + " scenarios\n" : std::to_string(counts.failed) + " of " + all + " scenarios failed\n";
}

}  // namespace

int run_policy_test(Invocation& invocation) {
    const bool with_kernel = invocation.has("--kernel");
    if (invocation.has("--allow-not-tried") && !with_kernel) {
        invocation.out.note("--allow-not-tried: only with --kernel");
        return kUsage;
    }
    std::vector<ScenariosToTest> files;
    for (const std::string& file : invocation.all("FILES")) {
        auto to_test = read(invocation, file);
        if (!to_test) return kFailed;
        files.push_back(std::move(*to_test));
    }
    std::optional<Endings> endings;
    std::vector<KernelOutcome> outcomes;
    if (with_kernel) {
        int code = kDone;
        endings.emplace();
        outcomes = test_with_kernel(invocation, files, code);
        if (code != kDone) return code;
    } else {
        for (const ScenariosToTest& file : files) outcomes.push_back({policy::run_scenarios(file.scenarios, file.rules), {}});
    }
    Counts counts;
    Json all = Json::array();
    for (std::size_t i = 0; i < files.size(); i++) {
        counts.scenarios += files[i].scenarios.size();
        counts.failed += outcomes[i].failures.size();
        counts.not_tried += outcomes[i].not_tried.size();
        all.push_back(outcome_json(files[i], outcomes[i], with_kernel));
        if (invocation.json) continue;
        for (const auto& failure : outcomes[i].failures) invocation.out.print(failure_text(files[i], failure));
        for (const auto& one : outcomes[i].not_tried) invocation.out.print(not_tried_text(files[i], one));
    }
    const bool is_ok = counts.failed == 0 && (counts.not_tried == 0 || invocation.has("--allow-not-tried"));
    if (invocation.json)
        print_json(invocation, {{"ok", is_ok}, {"files", std::move(all)}});
    else
        invocation.out.print(summary(counts, with_kernel));
    return is_ok ? kDone : kFailed;
}

}  // namespace quell::cli
