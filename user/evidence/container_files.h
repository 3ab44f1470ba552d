// SPDX-License-Identifier: Apache-2.0
// What the host knows of a container, as files for an archive: its OCI
// configuration, the limits of its cgroup, and the volumes that outlive it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "user/evidence/order.h"
#include "user/incident/mounts.h"

namespace quell::evidence {

// What cannot be read is noted.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> container_files(const Order& order, std::vector<std::string>& notes);

// /proc/PID/mountinfo, at most 8 MiB.
[[nodiscard]] std::string read_mounts(pid_t pid, bool& cut);

// An OCI configuration without the values of environment variables, which may be secrets. "": it is no JSON.
[[nodiscard]] std::string without_values(const std::string& config);

// Mounts of a container whose file system the host has mounted, too, and that are not its root: they are there when it is started again.
[[nodiscard]] Json volumes(const MountTable& container, const MountTable& host);

}  // namespace quell::evidence
