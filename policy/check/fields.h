// SPDX-License-Identifier: Apache-2.0
// Reading values out of a document: each function says what is wrong with the
// value's shape and returns nothing then.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// One key of a map: its name and whether it must be there.
struct Field {
    std::string_view name;
    bool required = false;
};

// Whether `node` is a map; unknown and missing keys become findings. `what`
// names the map in messages ("a rule").
[[nodiscard]] bool check_map(const Node& node, std::string_view what, std::span<const Field> fields, Findings& findings);

// The text of a value that is not empty; nullptr after an error. A missing
// value (nullptr) is no error here: check_map has said so where it is one.
[[nodiscard]] const Node* text_of(const Node* value, std::string_view what, Findings& findings);

// The entries of a list that is not empty, at most `most`; an empty span
// after an error or where the value is missing.
[[nodiscard]] std::span<const Node> items_of(const Node* value, std::string_view what, std::size_t most,
                                             Findings& findings);

// The same where each entry must be text; entries that are not are left out.
[[nodiscard]] std::vector<const Node*> texts_of(const Node* value, std::string_view what, std::size_t most,
                                                Findings& findings);

// The position of the value's word in `words`.
[[nodiscard]] std::optional<std::uint32_t> word_of(const Node& value, std::string_view what,
                                                   std::span<const std::string_view> words, Findings& findings);

}  // namespace quell::policy
