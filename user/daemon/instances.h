// SPDX-License-Identifier: Apache-2.0
// Instances: a container that may be a followed workload come back, found by
// its cgroup or as an OCI hook tells of it. Reads /proc and what the runtimes
// left on the disk: for a worker's thread. Thread-safe.
#pragma once

#include <string>

#include "user/daemon/manual.h"

namespace quell::daemon {

// As a runtime's hook has it: root's word, bounded, otherwise unchecked.
struct ToldContainer {
    std::uint32_t pid = 0;  // of its first process, by the host's number
    std::string id;         // the runtime's
    std::string pod_namespace, pod, name, image;  // "": not known
};

// ESRCH: it is gone.
[[nodiscard]] Result<ManualFound> find_instance(bpf::Engine& engine, const IdentityReader& identities, std::uint64_t container);
// The files that tell who it is may be written after the hook: then what it tells of a pod of Kubernetes counts. ESRCH: that
// process is in no container; EINVAL: it is in another one than is told.
[[nodiscard]] Result<ManualFound> find_instance(bpf::Engine& engine, const IdentityReader& identities, const ToldContainer& told);

// Of a text of /proc/PID/cgroup: the path in the unified hierarchy, "" where there is none.
[[nodiscard]] std::string unified_path(const std::string& text);
// What is told, where the files say nothing of it.
void fill_in(ContainerIdentity& identity, quell_runtime runtime, const ToldContainer& told);

}  // namespace quell::daemon
