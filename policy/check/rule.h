// SPDX-License-Identifier: Apache-2.0
// One entry of spec.rules -> Rule.
#pragma once

#include <optional>

#include "policy/check/checked.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// A rule with errors is returned as far as it could be read, so that checks
// over several rules see it; nothing where it has no usable id. Thread-safe.
[[nodiscard]] std::optional<Rule> check_rule(const Node& node, const std::string& policy, Findings& findings);

}  // namespace quell::policy
