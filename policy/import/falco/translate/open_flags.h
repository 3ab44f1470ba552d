// SPDX-License-Identifier: Apache-2.0
// evt.arg.flags of open and of execve.
#pragma once

#include <string_view>

#include "policy/import/falco/translate/fields.h"

namespace quell::policy::falco {

inline constexpr std::string_view kUnknownFlags = "these flags are not known to a hook";

// What an open is asked for: how it may be used, which is one operation of
// ours or the other, and flags. Thread-safe.
[[nodiscard]] Said open_flags(const Question& question);

// What Falco says by flags of an executable that begins. Thread-safe.
[[nodiscard]] Said begun_flags(const Question& question);

}  // namespace quell::policy::falco
