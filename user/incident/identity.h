// SPDX-License-Identifier: Apache-2.0
// Identity: what people call a container, from what its runtime left on the
// disk: the OCI bundle's config.json and the runtime's state. Read only, each
// file bounded and believed only where root alone could have written it (see
// trusted_files.h). What is not found stays unknown; nothing is guessed.
//
// Sources, by runtime:
//   CRI-O       overlay-containers/<id>/userdata/config.json of containers/storage,
//               and that of its pod's sandbox for the pod's labels and annotations
//   Podman      the same, and its containers.json for name and image
//   containerd  io.containerd.runtime.v2.task/<namespace>/<id>/config.json
//   Docker      /var/lib/docker/containers/<id>/config.v2.json
//   all         else the state of crun or runc: the directory of that id, or
//               the one whose cgroup path names the id (`crun run NAME` with
//               cgroupsPath), and through it the bundle
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kern/abi.h"
#include "user/incident/trusted_files.h"

namespace quell {

// Raw text, at most 512 bytes each (image 1,024, paths 4,096; longer counts
// as unknown): escape before printing.
struct ContainerIdentity {
    std::optional<std::string> name;
    std::optional<std::string> pod;
    std::optional<std::string> pod_namespace;
    std::optional<std::string> image;
    std::optional<std::string> bundle;  // directory of the config.json
    std::optional<std::string> rootfs;  // on the host
    std::string source;                 // the file that told, "" if none did
    std::optional<std::string> stop_signal = {};  // of its image, as its runtime wrote it
    // "name=value", by name; of annotations those of the bundle. Nothing: not known, or longer than can be kept.
    std::optional<std::vector<std::string>> labels = {}, annotations = {};
    std::optional<std::string> pod_uid = {};   // Kubernetes' own
    std::optional<std::string> sandbox = {};   // id of the pod's sandbox (of Podman: the pod's infra container, or the pod), 64 hex digits
    bool is_sandbox = false;
    bool tells_names = false;  // the record of name and image was read whole: what is not in it is not there
    bool tells_pod = false;    // likewise of pod and namespace, or the runtime has no pods of Kubernetes

    bool operator==(const ContainerIdentity&) const = default;
};

class IdentityReader {
public:
    explicit IdentityReader(TrustedFiles files) : files_(std::move(files)) {}

    // `id`: 64 lower-case hex digits, anything else is unknown. Reads up to
    // some hundred small files: for a background thread. Thread-safe.
    [[nodiscard]] ContainerIdentity find(quell_runtime runtime, std::string_view id) const;

private:
    TrustedFiles files_;
};

}  // namespace quell
