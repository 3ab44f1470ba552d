// SPDX-License-Identifier: Apache-2.0
// The status in words: from the daemon's answer, or from the status page when
// it does not answer. Thread-safe.
#pragma once

#include <string>

#include "user/cli/ask.h"
#include "user/control/status_page.h"

namespace quell::cli {

[[nodiscard]] std::string status_text(const Json& status, const Invocation& invocation);

// Why nobody answered, as far as /proc tells: "quelld is stopped (pid 7)".
[[nodiscard]] std::string silence_text(const control::StatusSnapshot& page);

[[nodiscard]] std::string page_text(const control::StatusSnapshot& page);
// The page as JSON (docs/json.md).
[[nodiscard]] Json page_json(const control::StatusSnapshot& page);

}  // namespace quell::cli
