// SPDX-License-Identifier: Apache-2.0
// The part of staging that is about sockets. Thread-safe.
#pragma once

#include "user/cli/policy_test/actor/plan.h"
#include "user/cli/policy_test/reality.h"

namespace quell::cli {

// Nothing where the operation is not about a socket.
void stage_network(const policy::reference::Act& act, Reality& reality, act::Plan& plan);

}  // namespace quell::cli
