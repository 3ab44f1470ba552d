// SPDX-License-Identifier: Apache-2.0
// Reading `respond`: what a rule offers, refuses, and how often it speaks.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/check/checked.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// `respond` of a rule whose operations, subjects and paths are known already.
// A rule without it only detects.
void read_respond(const Node& rule_node, Rule& rule, Findings& findings);

// Each leaves the rule as it is where the value is missing or wrong. Offers
// are added to those that are there. Thread-safe.
void read_expires(const Node* value, Rule& rule, Findings& findings);
void read_offers(const Node* value, Rule& rule, Findings& findings);

// Within the bounds of `expires`; nothing after a finding, or where the value is missing. Thread-safe.
[[nodiscard]] std::optional<std::uint64_t> read_duration(const Node* value, std::string_view what, Findings& findings);

}  // namespace quell::policy
