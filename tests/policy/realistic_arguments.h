// SPDX-License-Identifier: Apache-2.0
// Patterns as detection rules have them, and command lines as hosts have them,
// made up from lists: fixed seeds give the same ones.
#pragma once

#include <string>
#include <vector>

#include "policy/automaton/pattern.h"

namespace quell::policy::test {

// Each with its own output.
[[nodiscard]] std::vector<ArgumentPattern> realistic_patterns(std::size_t count, unsigned seed = 1);

// Arguments with their NULs, one command line after another, about so many bytes.
[[nodiscard]] std::vector<std::string> realistic_command_lines(std::size_t bytes, unsigned seed = 2);

}  // namespace quell::policy::test
