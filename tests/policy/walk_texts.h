// SPDX-License-Identifier: Apache-2.0
// The walk over texts as the kernel's program does it (kern/match/texts.h), in
// the words that the loader puts into its map.
#pragma once

#include <cstdint>
#include <set>

#include "policy/image.h"
#include "policy/reference/match.h"

namespace quell::policy::test {

// The outputs of an act's arguments, environment and link target.
[[nodiscard]] std::set<std::uint32_t> walk_texts(const ImageTexts& texts, const reference::Act& act);

}  // namespace quell::policy::test
