// SPDX-License-Identifier: Apache-2.0
// Decisions: killing who holds a file that is quarantined, with its approval.
#include "user/approval/decisions.h"
#include "user/base/vocabulary.h"

namespace quell::approval {

// It kills what its own response would not: only within the container that the incident is about, and by who may kill there.
std::string Decisions::may_not_kill_holders(const incident::Incident& incident, quell_response response, const Request& request) const {
    const auto container = incident.key.container;
    if (response != QUELL_RESPONSE_QUARANTINE_FILE) return "only quarantine-file has holders to kill";
    if (!container) return "it is not of a container that runs: name each process, quell respond kill-process --pid";
    if (incident.rule.two_persons) return "its rule asks for two persons, who agree on the file alone";
    const auto& globals = parts_.engine.globals();
    if (!(globals.enabled_offers & QUELL_BIT(QUELL_RESPONSE_KILL_PROCESS))) return "kill-process is switched off in /etc/quell/quell.yaml";
    const auto record = parts_.engine.container(container);
    if (!record || container == globals.self_container || (record->flags & QUELL_CONTAINER_PROTECTED)) return "the container is gone or protected";
    return may_not_approve(incident, QUELL_RESPONSE_KILL_PROCESS, request);
}

}  // namespace quell::approval
