// SPDX-License-Identifier: Apache-2.0
// Words of a fixed list, durations, names. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace quell::policy {

// "did you mean 'rename'?" or "one of: delete, rename, …"; never empty when
// there are words.
[[nodiscard]] std::string suggestion(std::string_view written, std::span<const std::string_view> words);

// "90s", "30m", "1h", "7d" in nanoseconds; nothing if it is none of them.
// Numbers too large for the result are cut to its maximum.
[[nodiscard]] std::optional<std::uint64_t> parse_duration(std::string_view text);

// Lower-case letters, digits, hyphens; begins with a letter or digit; at most kMaxNameBytes.
[[nodiscard]] bool is_name(std::string_view text);

// No control characters, line ends only where `lines`.
[[nodiscard]] bool is_printable(std::string_view text, bool lines);

}  // namespace quell::policy
