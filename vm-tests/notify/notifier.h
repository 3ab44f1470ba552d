// SPDX-License-Identifier: Apache-2.0
// The notifier as a test treats it.
#pragma once

#include <string>

#include "vm-tests/harness/guest.h"

namespace quell::guest {

// Its configuration, with one target at `url`, and its secret ("a secret").
void configure_notifier(const std::string& url);
// What is said at /metrics of its socket, without the head; "" where nobody answers.
[[nodiscard]] std::string metrics();

}  // namespace quell::guest
