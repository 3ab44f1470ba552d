// SPDX-License-Identifier: Apache-2.0
// Scenarios: what a policy's rules are expected to do with one operation, as
// docs/policy-test.md describes the files. Run on the reference matcher, so
// they need no privilege and no kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/check/checked.h"
#include "policy/document/source_text.h"
#include "policy/finding.h"
#include "policy/reference/match.h"

namespace quell::policy {

// Behind a rule that fires, and hangs on what is not known of the container.
inline constexpr std::string_view kInDoubt = " (in doubt)";

struct Scenario {
    std::string name;
    reference::Act act;
    std::vector<std::string> fires;     // "policy/id", with kInDoubt or without, sorted
    std::vector<Location> fires_where;  // of each
    Location where;                     // of `fires`
};

struct ScenarioFile {
    std::vector<std::string> policies;  // files and directories, as written: relative to the file
    std::vector<Scenario> scenarios;
};

// Nothing after an error was added. Thread-safe.
[[nodiscard]] std::optional<ScenarioFile> read_scenarios(std::span<const SourceText> sources, std::uint32_t index, Findings& findings);

// An expectation that was not met.
struct ScenarioFailure {
    std::string scenario;
    Location where;
    std::vector<std::string> missing;     // expected, and did not fire
    std::vector<std::string> unexpected;  // fired, and was not expected
    std::vector<std::string> unknown;     // of `missing`: no policy has it, or it is off
};

// What differs between what shall fire and what did; nothing: they are the same. `rules`: as check() makes them. Thread-safe.
[[nodiscard]] std::optional<ScenarioFailure> compare(const Scenario& scenario, const std::set<std::string>& fired, const std::vector<Rule>& rules);

// In the order of the scenarios. `rules`: as check() makes them. Thread-safe.
[[nodiscard]] std::vector<ScenarioFailure> run_scenarios(std::span<const Scenario> scenarios, const std::vector<Rule>& rules);

}  // namespace quell::policy
