// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/requested.h"

#include <cerrno>
#include <cstring>

namespace quell::daemon {

const char* request_refusal_text(int error) {
    switch (error) {
        case ESRCH: return "the container is gone";
        case EACCES: return "protected: Quell, a container runtime or PID 1 is among those it would hit";
        case EOPNOTSUPP: return "that response cannot hold there";
        case ENOSPC: return "there is no room for one more: 1,024 incidents wait for a decision, or 2,048 wait or are in force";
        default: return std::strerror(error);
    }
}

incident::Incident& adopt_requested(incident::Store& store, const bpf::PendingEntry& entry, const ManualFound& found, quell_response response) {
    bool is_new = false;
    auto& incident = store.adopt(entry.key, entry.value, is_new);
    incident.details = true;
    incident.note.clear();
    incident.rule.offers = {response};
    incident.path = found.path;
    incident.path_is = "visible";
    incident.exe = found.exe;
    incident.arguments = found.arguments;
    incident.arguments_known = !found.arguments.empty();
    incident.container_id = found.container_id;
    incident.cgroup_path = found.cgroup_path;
    incident.runtime = found.runtime;
    incident.identity = found.identity;
    return incident;
}

}  // namespace quell::daemon
