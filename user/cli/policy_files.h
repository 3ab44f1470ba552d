// SPDX-License-Identifier: Apache-2.0
// Policy files for the verbs that read them themselves, without the daemon.
// What is wrong with them has been printed when nothing comes back. One thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "user/cli/ask.h"

namespace quell::cli {

// Where the daemon's policies are, unless quell.yaml says otherwise.
inline constexpr const char* kPolicyDirectory = "/etc/quell/policy.d";

[[nodiscard]] std::optional<std::vector<policy::Source>> read_policy_files(Invocation& invocation, std::span<const std::string> paths);

struct CheckedFiles {
    std::vector<policy::Source> sources;
    policy::Checked checked;
};
// Files with errors are refused, their findings printed. Warnings are not: they are for `policy check`.
[[nodiscard]] std::optional<CheckedFiles> check_policy_files(Invocation& invocation, std::span<const std::string> paths);

[[nodiscard]] std::optional<CheckedFiles> check_policy_sources(Invocation& invocation, std::vector<policy::Source> sources);

// The rule that is called so, policy/id, or by an id that only one policy has; nullptr with the reason.
[[nodiscard]] const policy::Rule* find_rule(const std::vector<policy::Rule>& rules, const std::string& wanted, Error& why);

// Prints them and returns what to end with, kFailed.
int report_findings(Invocation& invocation, std::span<const policy::Finding> findings);

// An array of texts made safe.
[[nodiscard]] Json safe_list(std::span<const std::string> texts);

}  // namespace quell::cli
