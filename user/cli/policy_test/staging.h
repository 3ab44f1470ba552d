// SPDX-License-Identifier: Apache-2.0
// What it takes to do really what a scenario says: the actor's plan and the
// things in the file system. What cannot be arranged is an error that says
// why. Thread-safe; touches nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/scenario/scenario.h"
#include "user/cli/policy_test/actor/plan.h"
#include "user/cli/policy_test/thing.h"

namespace quell::cli {

// A directory for what is mounted, in a container; on the host it lies in the scratch directory.
inline constexpr const char* kMountPlace = "/quell-policy-test";

struct Staging {
    std::unique_ptr<act::Plan> plan;
    std::vector<Thing> things;   // the object last, if it is there before
    std::vector<std::string> fresh;  // names that must be free, and are made free again
    unsigned first_stage = 0;  // of the chain: those before it would be asked for by nobody
    bool listens = false;  // at the object
};

// `rules`: those that run. `mount_place`: an empty directory as the actor sees it.
[[nodiscard]] Result<Staging> stage(const policy::Scenario& scenario, const std::vector<policy::Rule>& rules, const std::string& mount_place);

}  // namespace quell::cli
