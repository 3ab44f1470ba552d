// SPDX-License-Identifier: Apache-2.0
// Condition text -> tree, in which macros and lists are still names.
//
//   or binds least, then and, then not; any of them may be written without
//   blanks before a parenthesis. A comparison is
//       field [operator value]         proc.name = nginx, fd.num >= 0
//       field exists
//       field in (value, …)            pmatch, intersects likewise
//   and a field may be within tolower( ) and the like on either side. A name
//   without a dot is a macro.
#pragma once

#include <optional>
#include <vector>

#include "policy/finding.h"
#include "policy/import/falco/expression.h"
#include "policy/import/falco/placed_text.h"

namespace quell::policy::falco {

// Nothing after an error, which names the place. At most kMaxFalcoNesting
// parentheses or transformers deep, whatever the text. Thread-safe.
[[nodiscard]] ExpressionPtr parse_condition(const PlacedText& text, Findings& findings);

// One item of a list, which may be several values with commas between, each
// with or without quotes; an item with blanks and no quotes is one value.
// Nothing after an error.
[[nodiscard]] std::optional<std::vector<Value>> parse_item(const PlacedText& item, Findings& findings);

// False after an error: longer than kMaxFalcoConditionBytes, or with control
// characters other than blanks.
[[nodiscard]] bool check_text(const PlacedText& text, Findings& findings);

}  // namespace quell::policy::falco
