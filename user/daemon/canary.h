// SPDX-License-Identifier: Apache-2.0
// Canary: a file whose removal a rule of every policy image denies. Trying it
// proves the whole path: hooks run, paths match, a refusal holds. Without a
// denied canary Quell never says "enforcing".
#pragma once

#include <cstdint>
#include <string>

#include "kern/abi.h"

namespace quell::daemon {

inline constexpr const char* kCanaryPath = "/run/quell/canary";
inline constexpr std::uint64_t kCanaryIntervalNs = 10'000'000'000;
inline constexpr std::uint64_t kCanaryFreshNs = 1'000'000'000;  // an older result is not told to who asks

enum class Canary { kUnknown, kDenied, kNotDenied };

// Tries to remove the file; makes it first if it is not there, and again when
// that worked. `denied`: the kernel side's count of its refusals. What it does
// not count, an immutable file's, is none of Quell's. Blocks for a few file
// operations.
[[nodiscard]] Canary try_canary(const volatile quell_u64& denied, const std::string& path = kCanaryPath);

}  // namespace quell::daemon
