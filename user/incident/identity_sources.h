// SPDX-License-Identifier: Apache-2.0
// The files of each runtime that tell who a container is. Internal to
// user/incident; see identity.h.
#pragma once

#include "user/incident/identity.h"

namespace quell::identity {

// Whose annotations count: a pod may carry any of the other's.
enum class Dialect { None, Crio, Cri };

// A runtime's record of a running container.
struct RuntimeState {
    std::string directory;  // of the state
    std::optional<std::string> bundle;
    std::optional<std::string> rootfs;
};

// 64 lower-case hex digits: it may stand in a path.
[[nodiscard]] bool valid_id(std::string_view id);

// Fills what the config.json at `path` says. False when there is none that
// can be believed.
bool read_bundle(const TrustedFiles& files, const std::string& path, Dialect dialect, ContainerIdentity& identity);

// containers/storage's list, for Podman: name and image.
void read_storage_list(const TrustedFiles& files, const std::string& id, ContainerIdentity& identity);

// Docker's own record: name and image.
void read_docker(const TrustedFiles& files, const std::string& id, ContainerIdentity& identity);

// Of crun or runc, by id or by cgroup.
[[nodiscard]] std::optional<RuntimeState> find_state(const TrustedFiles& files, const std::string& id);

// Whether a component of the cgroup path is the container's: [prefix-]id[.scope].
[[nodiscard]] bool names_container(std::string_view cgroup_path, std::string_view id);

}  // namespace quell::identity
