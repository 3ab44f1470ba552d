// SPDX-License-Identifier: Apache-2.0
// Drafts -> fewer drafts that mean the same together.
#pragma once

#include <vector>

#include "policy/import/falco/translate/draft.h"

namespace quell::policy::falco {

// Sorts conditions and exceptions, moves negated conditions to the exceptions,
// and puts drafts together that differ in their operations, subjects, or the
// values of one list only. In the order of the first of each. Thread-safe.
[[nodiscard]] std::vector<Draft> merged(std::vector<Draft> drafts);

// Puts clauses together, one of which is enough, that differ in the values of
// one list only. Thread-safe.
void merge_clauses(std::vector<Clause>& any);

}  // namespace quell::policy::falco
