// SPDX-License-Identifier: Apache-2.0
// What happens in the forked process before it becomes an actor. Its own
// process: everything here ends it when it fails.
#pragma once

#include "user/cli/policy_test/actor_process.h"

namespace quell::cli {

struct Entering {
    const Staging& staging;
    const ActorProcess::Where& where;
    const std::string& program;
    int plan, neutral, go, reports, terminal;
};

[[noreturn]] void enter(const Entering& entering);

}  // namespace quell::cli
