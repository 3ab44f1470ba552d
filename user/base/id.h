// SPDX-License-Identifier: Apache-2.0
// How an incident's number is written: Crockford's base 32 (no i, l, o, u),
// lower case, at least four digits and one check digit: 1 is "00012". The
// check digit catches any one wrong digit and any two swapped neighbours, so
// that a typing mistake names no other incident. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "user/base/result.h"

namespace quell {

// An incident shares its 64-bit word with the state (QUELL_WORD in kern/abi.h).
inline constexpr std::uint64_t kIncidentMax = (std::uint64_t{1} << 56) - 1;

[[nodiscard]] std::string id_text(std::uint64_t id);

// Takes capitals too, and o for 0, i and l for 1. Error: not an id, or a
// check digit that does not fit. 0 is no incident.
[[nodiscard]] Result<std::uint64_t> parse_id(std::string_view text);

}  // namespace quell
