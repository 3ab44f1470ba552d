// SPDX-License-Identifier: Apache-2.0
// What procfs says of a container where writes are denied: what is mounted
// below a directory, and who has files mapped that he may write into. As long
// as a workload makes it: the texts are bounded by who reads them. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "user/incident/mounts.h"

namespace quell::response {

// Mountpoints below a directory, as the table's task sees both, each once and in order: what is mounted there is in no
// directory of the file system around it. Without what is the kernel's own (proc, sysfs, cgroups, terminals), and what
// lies below such. `root`: where the root lies, of which the directory and the mountpoints are, as the task sees it.
[[nodiscard]] std::vector<std::string> mountpoints_below(const MountTable& table, std::string_view directory, std::string_view root = {});

// Whether a text of /proc/PID/maps has a file that is mapped shared and writable. Memory that only looks like a file is none.
[[nodiscard]] bool has_writable_files(std::string_view maps);

}  // namespace quell::response
