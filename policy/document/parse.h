// SPDX-License-Identifier: Apache-2.0
// YAML text -> Node. Bounded in bytes, line length, depth, values and time,
// whatever the text is; yaml-cpp's types and exceptions stay behind this header.
#pragma once

#include <optional>

#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// `index` is the source's place among the run's sources. Nothing where the
// text cannot be read at all: then at least one error was added. Duplicate
// keys are errors too, but reading goes on with the first. Thread-safe.
[[nodiscard]] std::optional<Node> parse(const SourceText& source, std::uint32_t index, Findings& findings);

// What must hold before a parser may see the text: size, UTF-8, no control
// characters, line length. False after an error was added.
[[nodiscard]] bool scan(const SourceText& source, std::uint32_t index, Findings& findings);

}  // namespace quell::policy
