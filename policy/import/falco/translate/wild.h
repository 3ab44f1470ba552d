// SPDX-License-Identifier: Apache-2.0
// Small helpers of the translator. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "policy/import/falco/translate/texts.h"

namespace quell::policy::falco {

// Whether the whole text matches; a set of bytes that is not closed matches nothing.
[[nodiscard]] bool wild_matches(const Glob& glob, std::string_view text);

// "proc.aname" whatever its number, "evt.arg.flags": what the table of fields knows.
[[nodiscard]] std::string field_name(const Operand& operand);

}  // namespace quell::policy::falco
