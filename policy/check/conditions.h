// SPDX-License-Identifier: Apache-2.0
// Reading conditions: the keys of kern/fields.def below `where`, `match`,
// `except`, and below a `not` in each of them.
#pragma once

#include <string_view>
#include <vector>

#include "policy/check/checked.h"
#include "policy/check/field_table.h"
#include "policy/check/fields.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

inline constexpr bool kBothPlaces = true;

inline constexpr std::string_view kNot = "not";
inline constexpr std::string_view kUse = "use";
inline constexpr std::string_view kAll = "all";
inline constexpr std::string_view kWhere = "where";
inline constexpr std::string_view kMatch = "match";

// The keys that stand below `where` (kSubject) or `match` (kObject); with
// `both`, all of them. `own` come first.
[[nodiscard]] std::vector<Field> condition_fields(FieldPlace place, bool both, std::vector<Field> own);

// Appends what `node`, a checked map, says of these keys and below `not`. `skip`
// is a key that means something else there ("path" below `match`), "" for none.
void read_conditions(const Node& node, FieldPlace place, bool both, std::string_view skip, Group& group,
                     Findings& findings);

// One key's values, as they stand behind it; no ranges and no paths after an error.
[[nodiscard]] Condition read_condition(std::uint32_t field, const Node& value, Findings& findings);

// Appends what a macro says: a map of `where` and `match`, or of one of them,
// in which Definitions (expand.h) has put what it uses in turn.
void read_macro(const Node& macro, Group& group, Findings& findings);

// Sorted paths, no two equal.
void normalise(std::vector<Pattern>& patterns);

// Sorted conditions, no two equal.
void normalise(Group& group);

// Sorted groups, no two equal; groups of nothing but one list of the same key become one.
void normalise(std::vector<Group>& groups);

// Paths as written, without those that are wrong.
[[nodiscard]] std::vector<Pattern> read_patterns(const std::vector<const Node*>& texts, Findings& findings);

}  // namespace quell::policy
