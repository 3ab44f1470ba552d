// SPDX-License-Identifier: Apache-2.0
// Losses: after each test the kernel's loud counters have not moved. What was
// lost elsewhere in the kernel is no news to a test that looks at its own incident only.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace quell::guest {

// The running test is made to raise this counter, named as in `quell status`.
void allow_counter(const std::string& name);

// Owned by whom it is appended to.
[[nodiscard]] testing::TestEventListener* losses_listener();

}  // namespace quell::guest
