// SPDX-License-Identifier: Apache-2.0
#include "user/incident/told_container.h"

namespace quell {

std::string unified_path(const std::string& text) {
    const auto at = text.starts_with("0::/") ? 0 : text.find("\n0::/");
    if (at == std::string::npos) return {};
    const auto from = text.find('/', at);
    const auto path = text.substr(from, text.find('\n', from) - from);
    return path.find("/..") == std::string::npos ? path : std::string{};
}

void fill_in(ContainerIdentity& identity, quell_runtime runtime, const ToldContainer& told) {
    // an annotation of these names is anybody's where the runtime does not write them itself
    if (runtime != QUELL_RUNTIME_CRIO && runtime != QUELL_RUNTIME_CONTAINERD && runtime != QUELL_RUNTIME_KUBEPODS) return;
    const auto take = [](std::optional<std::string>& known, const std::string& text) {
        if (!known && !text.empty()) known = text;
    };
    take(identity.name, told.name);
    take(identity.pod, told.pod);
    take(identity.pod_namespace, told.pod_namespace);
    take(identity.image, told.image);
}

}  // namespace quell
