// SPDX-License-Identifier: Apache-2.0
// The digest of a policy's meaning: equal for files that differ in order,
// whitespace, comments, quotes or descriptions.
#pragma once

#include <span>
#include <string>

#include "policy/check/checked.h"

namespace quell::policy {

// sha256, hex, of the rules in the order given: sorted, as check() makes them.
// Thread-safe.
[[nodiscard]] std::string meaning_digest(std::span<const Rule> rules);

// FNV-1a 64 of "policy/rule".
[[nodiscard]] std::uint64_t rule_id(std::string_view policy, std::string_view rule);

}  // namespace quell::policy
