// SPDX-License-Identifier: Apache-2.0
// Override documents: what a site says anew of rules that others wrote.
#pragma once

#include <string>
#include <vector>

#include "policy/check/checked.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// One entry of spec.overrides, with the values of lists and macros in their places.
struct Override {
    Node node;
    std::string name;  // of its document
};

// Changes `rules`, sorted by policy and id, as the overrides say; their order
// means nothing. `is_part`: files that are not here may have the rules that
// are missing. Thread-safe.
void apply_overrides(const std::vector<Override>& overrides, bool is_part, std::vector<Rule>& rules, Findings& findings);

}  // namespace quell::policy
