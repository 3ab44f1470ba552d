// SPDX-License-Identifier: Apache-2.0
// Manual: what somebody names to be contained, without an incident, found and
// bound so that nothing else can take its place. Reads /proc and what the
// runtimes left on the disk: for a worker's thread. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "user/base/fd.h"
#include "user/bpf/engine.h"
#include "user/incident/identity.h"

namespace quell::daemon {

// Untrusted text; exactly one of the four, or path and container.
struct ManualTarget {
    std::string container;  // name, pod/name, the id's beginning, or a cgroup's path below /sys/fs/cgroup
    std::string pod;        // namespace/name, or the beginning of its sandbox's or of Podman's pod's id: the first of its containers
    std::uint32_t pid = 0;
    std::string path;       // absolute, as the container sees it, or the host where none is named
};

struct ManualFound {
    std::uint64_t container = 0;  // 0: host
    quell_pending entry{};        // chain and object; what the request program wants of it
    std::string path;             // raw bytes, and all below
    std::string exe;
    std::vector<std::string> arguments;
    // who the container is
    std::string container_id, cgroup_path;
    quell_runtime runtime = QUELL_RUNTIME_NONE;
    ContainerIdentity identity;
};

// Errors, each with a text for who asked: ESRCH nothing is called so, ENOTUNIQ
// several are, EINVAL no regular file that can be told from others, EACCES
// Quell's own.
[[nodiscard]] Result<ManualFound> find_manual_target(bpf::Engine& engine, const IdentityReader& identities, const ManualTarget& target);

// Of the container, 0: the host. ESRCH: its first process has ended.
[[nodiscard]] Result<Fd> open_root(bpf::Engine& engine, std::uint64_t container);
// A file that is open (O_PATH is enough): what is lasting about it. The container is not told yet.
[[nodiscard]] Result<ManualFound> bind_file(bpf::Engine& engine, int file, std::uint64_t container, const std::string& path);
// Who found.container is. ESRCH: it is gone.
[[nodiscard]] Status tell_container(bpf::Engine& engine, const IdentityReader& identities, ManualFound& found);

}  // namespace quell::daemon
