// SPDX-License-Identifier: Apache-2.0
// Rollout: what a tool for configuration management does to a host that has
// Quell installed and nothing of it running, and what it must leave alone.
#pragma once

#include <functional>
#include <string>

#include "vm-tests/harness/guest.h"

namespace quell::guest {

// What the tool says of a run, in the words of all of them.
enum class Said { Changed, Unchanged, Failed };

struct Settings {
    bool purge = false;
    bool preview = false;  // Ansible's --check, Puppet's --noop
};

// The tool brings every *.yaml of kBrought, and quell.yaml with keep_armed_s at kKeepArmed.
inline constexpr const char* kBrought = "/srv/policy";
inline constexpr int kKeepArmed = 77;
using Tool = std::function<Said(const Settings&)>;

// Five runs: the first changes, a second does not, a preview only says what it would do, a set that is not right fails and
// leaves the old policy running, a right one takes its place.
void expect_rollout(const Tool& tool);

}  // namespace quell::guest
