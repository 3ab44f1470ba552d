// SPDX-License-Identifier: Apache-2.0
// Newcomer: a container that may be a followed workload come back, found by
// its cgroup or as an OCI hook tells of it. Reads /proc and what the runtimes
// left on the disk: for a worker's thread. Thread-safe.
#pragma once

#include "user/daemon/manual.h"
#include "user/incident/told_container.h"

namespace quell::daemon {

// ESRCH: it is gone.
[[nodiscard]] Result<ManualFound> find_newcomer(bpf::Engine& engine, const IdentityReader& identities, std::uint64_t container);
// The files that tell who it is may be written after the hook: then what it tells of a pod of Kubernetes counts. ESRCH: that
// process is in no container; EINVAL: it is in another one than is told.
[[nodiscard]] Result<ManualFound> find_newcomer(bpf::Engine& engine, const IdentityReader& identities, const ToldContainer& told);

}  // namespace quell::daemon
