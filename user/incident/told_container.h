// SPDX-License-Identifier: Apache-2.0
// A container as an OCI hook tells of it, before its runtime has written all
// that tells who it is. Plain values; thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "user/incident/identity.h"

namespace quell {

// Root's word, bounded by who took it, otherwise unchecked. "": not known.
struct ToldContainer {
    std::uint32_t pid = 0;  // of its first process, by the host's number
    std::string id;         // the runtime's
    std::string pod_namespace, pod, name, image;
    std::string root = {};  // where its root will be, as its first process sees it
};

// What is told, where the files say nothing of it; of containers whose runtime writes it itself.
void fill_in(ContainerIdentity& identity, quell_runtime runtime, const ToldContainer& told);

// Of a text of /proc/PID/cgroup: the path in the unified hierarchy, "" where there is none that can be followed.
[[nodiscard]] std::string unified_path(const std::string& text);

}  // namespace quell
