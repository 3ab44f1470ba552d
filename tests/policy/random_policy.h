// SPDX-License-Identifier: Apache-2.0
// Random rules and acts over few names, so that paths meet often.
#pragma once

#include <random>

#include "policy/check/checked.h"
#include "policy/reference/match.h"

namespace quell::policy::test {

[[nodiscard]] Checked random_policy(std::mt19937& random);
[[nodiscard]] reference::Act random_act(std::mt19937& random);

}  // namespace quell::policy::test
