// SPDX-License-Identifier: Apache-2.0
// Patterns over arguments, names in the environment, and targets of links.
#pragma once

#include <vector>

#include "policy/automaton/pattern.h"
#include "policy/check/checked.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// A list of texts, or of {at: N, is: PATTERN} where the field is about
// arguments: sorted, no two equal, without those that are wrong. Thread-safe.
[[nodiscard]] std::vector<TextPattern> read_texts(const Node& value, std::uint32_t field, Findings& findings);

// Sorted, no two equal.
void normalise(std::vector<TextPattern>& patterns);

// What the automaton takes it for, without an output.
[[nodiscard]] ArgumentPattern argument_pattern(const TextPattern& pattern, std::uint32_t field);

}  // namespace quell::policy
