// SPDX-License-Identifier: Apache-2.0
// Times as people read them. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quell::cli {

// RFC 3339 in UTC, as the daemon writes it, to wall nanoseconds.
[[nodiscard]] std::optional<std::int64_t> parse_time(std::string_view text);

// In the local zone, or in UTC; what is no time is shown as it is.
[[nodiscard]] std::string show_time(std::string_view text, bool utc);

}  // namespace quell::cli
