// SPDX-License-Identifier: Apache-2.0
// A path as written -> Pattern.
#pragma once

#include <optional>

#include "policy/check/checked.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// Nothing after an error was added. `node` is text. Thread-safe.
[[nodiscard]] std::optional<Pattern> check_pattern(const Node& node, Findings& findings);

// Of a text that check_pattern() accepts, absolute. Thread-safe.
[[nodiscard]] Pattern make_pattern(std::string_view text, const Location& where);

}  // namespace quell::policy
