// SPDX-License-Identifier: Apache-2.0
// What `quell` ends with. Documented in quell(1) and docs/json.md: only add.
#pragma once

namespace quell::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNotReachable = 3;
inline constexpr int kNotAllowed = 4;
inline constexpr int kTooLate = 5;  // or changed
inline constexpr int kOneOfTwo = 6;  // approved by the first of two persons: nothing is contained yet

}  // namespace quell::cli
