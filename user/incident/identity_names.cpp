// SPDX-License-Identifier: Apache-2.0
#include "user/incident/identity_names.h"

namespace quell::incident {
namespace {

using Names = std::optional<std::vector<std::string>>;

// Where the record was read whole, what is not in it is not there.
Names one(const std::optional<std::string>& text, bool is_told) {
    if (text) return Names({*text});
    return is_told ? Names(std::in_place) : std::nullopt;
}

// What containerd writes of an image whose tag went to a newer one: it says nothing of names, so it is no "no" either.
bool is_bare_id(const std::string& image) { return image.starts_with("sha256:"); }

}  // namespace

policy::ContainerNames known_names(const ContainerIdentity& identity, const std::string& cgroup) {
    policy::ContainerNames names;
    names.of(QUELL_FIELD_CONTAINER_NAME) = one(identity.name, identity.tells_names);
    if (!identity.image || !is_bare_id(*identity.image)) names.of(QUELL_FIELD_CONTAINER_IMAGE) = one(identity.image, identity.tells_names);
    names.of(QUELL_FIELD_CONTAINER_POD) = one(identity.pod, identity.tells_pod);
    names.of(QUELL_FIELD_CONTAINER_NAMESPACE) = one(identity.pod_namespace, identity.tells_pod);
    names.of(QUELL_FIELD_CONTAINER_LABELS) = identity.labels;
    names.of(QUELL_FIELD_CONTAINER_ANNOTATIONS) = identity.annotations;
    if (!cgroup.empty()) names.of(QUELL_FIELD_CONTAINER_CGROUP) = {cgroup};
    return names;
}

}  // namespace quell::incident
