// SPDX-License-Identifier: Apache-2.0
// Random rules, and random ways to write the same rules down: order, indents,
// brackets, quotes, blank lines, line ends, and numbered comments wherever
// YAML has room for one.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "policy/check/checked.h"

namespace quell::policy::test {

// As check() would make them of a file: sorted, with names, tags and offers.
[[nodiscard]] Checked random_rules(std::mt19937& random);

struct Spelling {
    std::string text;
    unsigned comments = 0;  // numbered from 0: mark(0), mark(1), …
};
[[nodiscard]] Spelling random_spelling(const Checked& checked, std::mt19937& random);

// What the comment of that number, and no other, holds.
[[nodiscard]] std::string mark(unsigned number);

}  // namespace quell::policy::test
