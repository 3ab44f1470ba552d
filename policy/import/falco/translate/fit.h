// SPDX-License-Identifier: Apache-2.0
// A draft -> one that has no more exceptions than a rule may have.
#pragma once

#include <optional>

#include "policy/import/falco/translate/draft.h"

namespace quell::policy::falco {

// Leaves out exceptions, those with the most conditions first, until what is
// left may be asked for. Says how many. Thread-safe.
[[nodiscard]] std::optional<Note> fit(Draft& draft);

}  // namespace quell::policy::falco
