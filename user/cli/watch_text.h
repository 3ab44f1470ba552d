// SPDX-License-Identifier: Apache-2.0
// What `quell watch` prints of a reply. Thread-safe.
#pragma once

#include <string>

#include "user/cli/verb.h"
#include "user/control/json.h"

namespace quell::cli {

// A line for people, without its end: time, incident, what happened, how
// severe, the rule, the subject, and who did it and how it went.
[[nodiscard]] std::string watch_text(const control::Json& told, const Invocation& invocation);

}  // namespace quell::cli
