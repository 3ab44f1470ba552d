// SPDX-License-Identifier: Apache-2.0
// A file of scenarios with the policies that it is about, and what came of it.
#pragma once

#include <string>
#include <vector>

#include "policy/scenario/scenario.h"
#include "user/cli/ask.h"
#include "user/cli/policy_test/kernel_run.h"

namespace quell::cli {

struct ScenariosToTest {
    std::string file;
    std::vector<policy::Scenario> scenarios;
    std::vector<std::string> policies;  // paths
    std::vector<policy::Rule> rules;
};

// Outcomes in the order of the files. The code is what to end with where there are none; the reason has been printed.
// user/cli/policy_test/with_kernel.cpp
[[nodiscard]] std::vector<KernelOutcome> test_with_kernel(Invocation& invocation, const std::vector<ScenariosToTest>& files, int& code);

// user/cli/policy_test/outcome_text.cpp
[[nodiscard]] std::string failure_text(const ScenariosToTest& tested, const policy::ScenarioFailure& failure);
[[nodiscard]] std::string not_tried_text(const ScenariosToTest& tested, const NotTried& one);
[[nodiscard]] Json outcome_json(const ScenariosToTest& tested, const KernelOutcome& outcome, bool with_kernel);

}  // namespace quell::cli
