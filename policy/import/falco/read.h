// SPDX-License-Identifier: Apache-2.0
// One rule file of Falco -> its items.
#pragma once

#include <vector>

#include "policy/finding.h"
#include "policy/import/falco/items.h"

namespace quell::policy::falco {

// In the order of the file. An item with an error is left out; the findings
// say what is wrong with each. `index` is the source's place among the run's
// sources. Thread-safe.
[[nodiscard]] std::vector<Item> read_items(const SourceText& source, std::uint32_t index, Findings& findings);

}  // namespace quell::policy::falco
