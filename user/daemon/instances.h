// SPDX-License-Identifier: Apache-2.0
// Instances: where else a file's content lies in the running containers. First
// under the same path in each of them, then in their writable layers and on
// their mounts, until a limit (content_search.h, docs/design/036).
#pragma once

#include <string>
#include <vector>

#include "user/bpf/engine.h"
#include "user/daemon/manual.h"
#include "user/incident/identity.h"
#include "user/incident/incident.h"

namespace quell::daemon {

struct Instances {
    std::string sha256;
    std::vector<ManualFound> others;  // each container's way to one that several share; without the incident's own
    std::string unseen;               // what was not looked at, "" nothing; escaped
};

// Reads up to a gigabyte: for a thread that nobody else waits for. ESTALE: what lies at the incident's path is another file by
// now; others, with a text each: of its path and content.
[[nodiscard]] Result<Instances> find_instances(bpf::Engine& engine, const IdentityReader& identities, const incident::Incident& incident);

}  // namespace quell::daemon
