// SPDX-License-Identifier: Apache-2.0
#include "user/incident/identity.h"

#include <array>

#include "user/incident/identity_sources.h"

namespace quell {
namespace {

using identity::Dialect;

constexpr std::size_t kPathMax = 4096;

struct Source {
    quell_runtime runtime;
    Dialect dialect;
    const char* before;  // the id stands between the two
    const char* behind;
};

// In the order of trying. A bare <id> below kubepods may be either runtime's.
constexpr std::array kSources = {
    Source{QUELL_RUNTIME_CRIO, Dialect::Crio, "/run/containers/storage/overlay-containers/", "/userdata/config.json"},
    Source{QUELL_RUNTIME_CRIO, Dialect::Crio, "/var/lib/containers/storage/overlay-containers/", "/userdata/config.json"},
    Source{QUELL_RUNTIME_KUBEPODS, Dialect::Crio, "/run/containers/storage/overlay-containers/", "/userdata/config.json"},
    Source{QUELL_RUNTIME_KUBEPODS, Dialect::Cri, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/", "/config.json"},
    Source{QUELL_RUNTIME_CONTAINERD, Dialect::Cri, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/", "/config.json"},
    Source{QUELL_RUNTIME_PODMAN, Dialect::None, "/var/lib/containers/storage/overlay-containers/", "/userdata/config.json"},
    Source{QUELL_RUNTIME_PODMAN, Dialect::None, "/run/containers/storage/overlay-containers/", "/userdata/config.json"},
    Source{QUELL_RUNTIME_DOCKER, Dialect::None, "/run/containerd/io.containerd.runtime.v2.task/moby/", "/config.json"},
};

Dialect dialect_of(quell_runtime runtime) {
    switch (runtime) {
        case QUELL_RUNTIME_CRIO: return Dialect::Crio;
        case QUELL_RUNTIME_CONTAINERD:
        case QUELL_RUNTIME_KUBEPODS: return Dialect::Cri;
        default: return Dialect::None;
    }
}

// A bundle run by crun or runc with nobody above them who keeps records.
void read_from_state(const TrustedFiles& files, quell_runtime runtime, const std::string& id, ContainerIdentity& found) {
    const auto state = identity::find_state(files, id);
    if (!state) return;
    found.bundle = state->bundle;
    found.rootfs = state->rootfs;
    found.source = state->directory;
    const Dialect dialect = dialect_of(runtime);
    // crun keeps a copy of what the container was started with: the bundle
    // may be another by now.
    if (identity::read_bundle(files, state->directory + "/config.json", dialect, found)) return;
    if (found.bundle && (*found.bundle)[0] == '/')
        identity::read_bundle(files, *found.bundle + "/config.json", dialect, found);
}

}  // namespace

ContainerIdentity IdentityReader::find(quell_runtime runtime, std::string_view container) const {
    ContainerIdentity found;
    if (!identity::valid_id(container)) return found;
    const std::string id(container);
    for (const Source& source : kSources) {
        if (source.runtime != runtime) continue;
        if (identity::read_bundle(files_, source.before + id + source.behind, source.dialect, found)) break;
    }
    if (found.source.empty()) read_from_state(files_, runtime, id, found);
    if (runtime == QUELL_RUNTIME_PODMAN) identity::read_storage_list(files_, id, found);
    if (runtime == QUELL_RUNTIME_DOCKER) identity::read_docker(files_, id, found);
    for (auto* path : {&found.bundle, &found.rootfs})
        if (*path && (*path)->size() > kPathMax) path->reset();
    return found;
}

}  // namespace quell
