// SPDX-License-Identifier: Apache-2.0
// Random patterns and arguments over few bytes, so that they meet, overlap
// and nearly match.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "policy/automaton/pattern.h"

namespace quell::policy::test {

[[nodiscard]] std::string random_glob(std::mt19937& random, unsigned parts);
[[nodiscard]] std::vector<ArgumentPattern> random_argument_patterns(std::mt19937& random);
// Some made of the patterns' own texts.
[[nodiscard]] std::vector<std::string> random_arguments(std::mt19937& random, const std::vector<ArgumentPattern>& patterns);

// As the kernel keeps them: each with its NUL.
[[nodiscard]] std::string with_ends(const std::vector<std::string>& arguments);
// For a failing test's message.
[[nodiscard]] std::string describe(const std::vector<ArgumentPattern>& patterns, const std::vector<std::string>& arguments);

}  // namespace quell::policy::test
