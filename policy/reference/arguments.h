// SPDX-License-Identifier: Apache-2.0
// The meaning of patterns over arguments, said plainly: each pattern is
// compared with each argument, as text. Slow, and independent of
// policy/automaton, which is tested against it.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/automaton/pattern.h"

namespace quell::policy::reference {

// Whether the whole of `text` is what a well-formed glob describes. Thread-safe.
[[nodiscard]] bool glob_matches(std::string_view glob, std::string_view text);

// Whether the whole of `argument` matches. The pattern must be one that build() accepts. Thread-safe.
[[nodiscard]] bool argument_matches(const ArgumentPattern& pattern, std::string_view argument);

// The outputs of the patterns that match an argument at their position. Thread-safe.
[[nodiscard]] std::set<std::uint32_t> outputs(std::span<const ArgumentPattern> patterns, const std::vector<std::string>& arguments);

}  // namespace quell::policy::reference
