// SPDX-License-Identifier: Apache-2.0
// What policies may ask of who a container is, from what was read of it.
#pragma once

#include <string>

#include "policy/identity/named.h"
#include "user/incident/identity.h"

namespace quell::incident {

// `cgroup`: its path below the hierarchy's root, "" where that is not known.
[[nodiscard]] policy::ContainerNames known_names(const ContainerIdentity& identity, const std::string& cgroup);

}  // namespace quell::incident
