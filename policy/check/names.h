// SPDX-License-Identifier: Apache-2.0
// Reading texts that containers are known by (FieldKind::kNames), and the map
// `container` that their keys stand in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/check/field_table.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// "container.name" stands as `name` in the map `container`: this, or the whole word.
[[nodiscard]] std::string_view outer_key(std::string_view word);

// The value of a key that may stand in such a map; nullptr where it is missing.
[[nodiscard]] const Node* find_key(const Node& node, std::string_view word);

// That such maps are maps, not empty, and hold no other keys.
void check_inner_maps(const Node& node, FieldPlace place, bool both, Findings& findings);

// Sorted, no two equal; without those that are wrong.
[[nodiscard]] std::vector<std::string> read_names(std::uint32_t field, const std::vector<const Node*>& texts, Findings& findings);

// What an image may hold.
[[nodiscard]] bool is_name_pattern(std::uint32_t field, std::string_view text);

// As it stands in a list of a condition's text: quoted where it could be taken for two.
[[nodiscard]] std::string name_text(const std::string& name);

}  // namespace quell::policy
