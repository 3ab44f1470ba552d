// SPDX-License-Identifier: Apache-2.0
// Pod: which containers are one pod. By what their runtime left on the disk
// (user/incident/identity.h), and never against what their cgroups say: of two
// pods' cgroups they are no pod, whatever is written down. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "user/incident/identity.h"

namespace quell::incident {

// Raw text, "" where it is not known.
struct Pod {
    std::string uid, sandbox, name, name_space;
    std::string cgroup;  // of the pod, below /sys/fs/cgroup
    bool is_podmans = false;  // its cgroup is made for one of Podman's pods, and for nothing else

    [[nodiscard]] bool known() const { return !uid.empty() || !sandbox.empty() || (!name.empty() && !name_space.empty()) || is_podmans; }
};

[[nodiscard]] Pod pod_of(const ContainerIdentity& identity, std::string_view cgroup_path);

// What decides is the first that both have: uid, sandbox, namespace and name; of Podman's the cgroup.
[[nodiscard]] bool same_pod(const Pod& one, const Pod& other);

// "namespace/name", or the first digits, four at least, of the sandbox's or of Podman's pod's id.
[[nodiscard]] bool pod_is_called(const Pod& pod, std::string_view text);

// "shop/web-5d3c", "7c0ffee51a2b": for messages and the history. Escaped.
[[nodiscard]] std::string pod_text(const Pod& pod);

}  // namespace quell::incident
