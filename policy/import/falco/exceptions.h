// SPDX-License-Identifier: Apache-2.0
// A rule's exceptions -> the text that Falco would append to its condition:
//     (condition) and not (field in (value, …)) and not ((a = x and b = y) or …)
// It goes through the same parser: a value may be the name of a list, or a
// list within parentheses.
#pragma once

#include <optional>
#include <vector>

#include "policy/finding.h"
#include "policy/import/falco/items.h"

namespace quell::policy::falco {

// Fills in the comps that were left out: `in` for one field, `=` for each of
// several. False after an error: fields missing, comps that do not fit them.
[[nodiscard]] bool check_exception(Exception& exception, Findings& findings);

// Every part of the result knows the place of its value. Nothing after an
// error: values that do not fit the fields, or a text beyond the bounds.
// The exceptions have passed check_exception().
[[nodiscard]] std::optional<PlacedText> with_exceptions(const PlacedText& condition,
                                                        const std::vector<Exception>& exceptions, Findings& findings);

}  // namespace quell::policy::falco
