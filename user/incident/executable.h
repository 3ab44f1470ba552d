// SPDX-License-Identifier: Apache-2.0
// What deny-exec would deny, or denies, for an incident: as the kernel side
// makes it (executable_scope in kern/enforce/held_executables.h).
#pragma once

#include <string>

#include "kern/abi.h"
#include "user/incident/incident.h"

namespace quell::incident {

// Its container is 0 where it is denied to whoever reaches the file.
[[nodiscard]] inline quell_executable_key executable_of(const quell_pending_key& key, const quell_pending& entry) {
    return {entry.file, entry.object_flags & QUELL_OBJECT_OWN ? 0 : key.container};
}

// Its path; raw bytes, may be empty.
[[nodiscard]] inline const std::string& executable_path(const Incident& incident) { return incident.entry.object_flags & QUELL_OBJECT_ACTOR ? incident.exe : incident.path; }

}  // namespace quell::incident
