// SPDX-License-Identifier: Apache-2.0
// The larger parts of read.cpp: rules, their exceptions, and what an item
// changes of an earlier one. All say what is wrong through the reader.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "policy/import/falco/items.h"
#include "policy/import/falco/values.h"

namespace quell::policy::falco {

struct Overrides {
    std::vector<std::string_view> append;
    std::vector<std::string_view> replace;
    bool given = false;  // whether there is anything, right or wrong
};

// `override:`, with the keys that can be appended to, and replaced. The views
// are into those.
[[nodiscard]] Overrides read_overrides(ItemReader& reader, std::span<const std::string_view> appendable,
                                       std::span<const std::string_view> replaceable);

// `append:`, an error beside overrides.
[[nodiscard]] bool read_append_flag(ItemReader& reader, const Overrides& overrides);

[[nodiscard]] RuleItem read_rule(ItemReader& reader);

// `exceptions:`; fields are optional where an exception is changed.
[[nodiscard]] std::vector<Exception> read_exceptions(ItemReader& reader, bool changes);

}  // namespace quell::policy::falco
