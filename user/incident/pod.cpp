// SPDX-License-Identifier: Apache-2.0
#include "user/incident/pod.h"

#include <algorithm>

#include "user/base/escape.h"
#include "user/incident/identity_sources.h"

namespace quell::incident {
namespace {

constexpr std::size_t kPodDigitsMin = 4;

// "machine-libpod_pod_<id>.slice" of systemd's manager; the other has a directory of that id above the container's.
std::string_view podman_id(std::string_view component) {
    constexpr std::string_view kMark = "libpod_pod_", kSlice = ".slice";
    const auto at = component.find(kMark);
    if (at == std::string_view::npos || !component.ends_with(kSlice)) return {};
    component.remove_prefix(at + kMark.size());
    component.remove_suffix(kSlice.size());
    return identity::valid_id(component) ? component : std::string_view{};
}

// "kubepods-besteffort-pod<uid>.slice", or "pod<uid>" below kubepods.
bool is_kubernetes_pod(std::string_view component) {
    if (component.starts_with("pod")) return component.size() > 3;
    return component.find("kubepods") != std::string_view::npos && component.find("-pod") != std::string_view::npos && component.ends_with(".slice");
}

struct PodCgroup {
    std::string path, podman;
};

PodCgroup cgroup_of_pod(std::string_view path) {
    bool in_kubepods = false;
    for (std::size_t at = path.starts_with('/') ? 1 : 0; at < path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto component = path.substr(at, end - at), rest = path.substr(std::min(end + 1, path.size()));
        const std::string whole(path.substr(0, end));
        if (in_kubepods && is_kubernetes_pod(component)) return {whole, {}};
        if (const auto id = podman_id(component); !id.empty()) return {whole, std::string(id)};
        if (identity::valid_id(component) && rest.starts_with("libpod-")) return {whole, std::string(component)};
        in_kubepods |= component.find("kubepods") != std::string_view::npos;
        at = end + 1;
    }
    return {};
}

}  // namespace

Pod pod_of(const ContainerIdentity& identity, std::string_view cgroup_path) {
    Pod pod;
    pod.uid = identity.pod_uid.value_or("");
    pod.sandbox = identity.sandbox.value_or("");
    pod.name = identity.pod.value_or("");
    pod.name_space = identity.pod_namespace.value_or("");
    auto cgroup = cgroup_of_pod(cgroup_path);
    pod.is_podmans = !cgroup.podman.empty();
    pod.cgroup = std::move(cgroup.path);
    if (pod.is_podmans) pod.sandbox = std::move(cgroup.podman);  // with an infra container or without
    return pod;
}

bool same_pod(const Pod& one, const Pod& other) {
    if (!one.known() || !other.known()) return false;
    if (!one.cgroup.empty() && !other.cgroup.empty() && one.cgroup != other.cgroup) return false;
    if (one.is_podmans || other.is_podmans) return one.cgroup == other.cgroup;
    if (!one.uid.empty() && !other.uid.empty()) return one.uid == other.uid;
    if (!one.sandbox.empty() && !other.sandbox.empty()) return one.sandbox == other.sandbox;
    return !one.name.empty() && !one.name_space.empty() && one.name == other.name && one.name_space == other.name_space;
}

bool pod_is_called(const Pod& pod, std::string_view text) {
    if (text.find('/') != std::string_view::npos) return !pod.name.empty() && !pod.name_space.empty() && pod.name_space + "/" + pod.name == text;
    const bool is_digits = text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return text.size() >= kPodDigitsMin && is_digits && pod.sandbox.starts_with(text);
}

std::string pod_text(const Pod& pod) {
    if (!pod.name.empty() && !pod.name_space.empty()) return escape(pod.name_space + "/" + pod.name);
    return escape((pod.sandbox.empty() ? pod.uid : pod.sandbox).substr(0, 12));
}

}  // namespace quell::incident
