// SPDX-License-Identifier: Apache-2.0
// What an operation without a path was about, for people.
#pragma once

#include <string>

#include "kern/abi.h"

namespace quell::incident {

// "tcp 10.0.0.1:443", "signal KILL to nginx (pid 12)", "sys-admin"; "" where
// the operation has a path, or nothing more is to be said. Escaped.
[[nodiscard]] std::string object_text(quell_u32 operation, const quell_detail& detail);

}  // namespace quell::incident
