// SPDX-License-Identifier: Apache-2.0
// Times. The truth is CLOCK_BOOTTIME in nanoseconds: it goes on in suspend
// and no change of the wall clock moves it. Wall time is only for people and
// is made on demand from the present offset between the two clocks, so that
// a clock set back a day changes what is shown, never an order or a deadline.
// Everything here is thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "user/base/result.h"

namespace quell {

inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;

[[nodiscard]] std::uint64_t boottime_ns();
[[nodiscard]] std::int64_t wall_ns();

// Wall time minus boottime, now.
[[nodiscard]] std::int64_t wall_offset_ns();
[[nodiscard]] std::int64_t wall_from_boottime(std::uint64_t boottime);

// Kernel's random id of this boot, "" when it cannot be read. Boottimes may
// be compared only where it is the same.
[[nodiscard]] const std::string& boot_id();

// "2026-03-01T09:08:07.123456Z"
[[nodiscard]] std::string utc_text(std::int64_t wall);
// "2026-03-01 10:08:07 +0100" in the zone of TZ or /etc/localtime
[[nodiscard]] std::string local_text(std::int64_t wall);

// The two largest units: "2d 3h", "3m 12s", "4.123s", "85ms", "12us", "0s".
// A negative duration is shown with a minus.
[[nodiscard]] std::string duration_text(std::int64_t duration_ns);

// "1h", "90s", "1h30m", "1d 12h", "250ms": whole numbers, units d h m s ms, each
// at most once and in that order. Result in nanoseconds. Errors: anything
// else, 0, and more than 3650 days.
[[nodiscard]] Result<std::uint64_t> parse_duration(std::string_view text);

}  // namespace quell
