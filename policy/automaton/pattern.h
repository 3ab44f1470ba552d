// SPDX-License-Identifier: Apache-2.0
// A pattern over one argument of a process, as the caller gives it.
#pragma once

#include <cstdint>
#include <string>

#include "kern/abi.h"

namespace quell::policy {

inline constexpr std::uint32_t kAnyArgument = (1u << (QUELL_PLACE_LATER + 1)) - 1;
inline constexpr std::uint32_t kEveryPlace = (1u << QUELL_PLACES) - 1;

// Bytes are 1 to 255 and mean themselves: no locale, no case folding.
struct ArgumentPattern {
    enum class Kind {
        kExact,
        kPrefix,
        kSuffix,
        kContains,
        // `*` any bytes, `?` one byte, `[abc]`, `[a-z]`, `[!a-z]`, `\` quotes, also between brackets; the whole argument
        // must match. As fnmatch(3) without FNM_PATHNAME and FNM_PERIOD, but what it would take literally because it
        // is malformed is refused, and so are `[^a]` and `[[:alpha:]]`.
        kGlob,
    };
    Kind kind = Kind::kExact;
    std::string text;
    // Where it may stand, a mask: bit p is argv[p], at most kMaxArgumentPosition, the next one all arguments that are behind;
    // then the names in an environment, and a link's target (QUELL_PLACE_…).
    std::uint32_t places = kAnyArgument;
    // What is reported on a match, below kMaxArgumentOutputs. Patterns that share one are a list: any of them.
    std::uint32_t output = 0;
};

}  // namespace quell::policy
