// SPDX-License-Identifier: Apache-2.0
// What the daemon keeps once everything is loaded. Each capability is there
// for one thing, which stands beside it in privileges.cpp.
#pragma once

#include <sys/types.h>

#include <optional>

#include "user/base/result.h"

namespace quell::daemon {

// Joins the operators' group, drops all other capabilities from every set, and
// forbids gaining any (no_new_privs). Before any thread is started:
// capabilities are a thread's.
[[nodiscard]] Status drop_privileges(std::optional<gid_t> group);

// The same for the process that loads programs later: what loading takes, and nothing else.
[[nodiscard]] Status keep_privileges_for_loading();

}  // namespace quell::daemon
