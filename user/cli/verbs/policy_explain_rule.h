// SPDX-License-Identifier: Apache-2.0
// The half of `policy explain` that is about rules. One thread.
#pragma once

#include <string>

#include "policy/check/checked.h"
#include "user/cli/policy_files.h"

namespace quell::cli {

// Prints, and returns what to end with. `file`: where the rule is written.
[[nodiscard]] int explain_rule(Invocation& invocation, const policy::Rule& rule, const std::string& file);

}  // namespace quell::cli
