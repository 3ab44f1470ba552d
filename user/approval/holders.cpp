// SPDX-License-Identifier: Apache-2.0
// Decisions: killing who holds a file that is quarantined, with its approval.
#include "user/approval/holders.h"

#include "user/approval/decisions.h"
#include "user/base/vocabulary.h"
#include "user/incident/engine_view.h"

namespace quell::approval {

namespace {

std::string why_holders_stay_in(const incident::KernelView& kernel, std::uint64_t container) {
    if (!container) return "it is not of a container that runs: name each process, quell respond kill-process --pid";
    const auto record = kernel.container(container);
    const bool stays = !record || container == kernel.self_container() || (record->flags & QUELL_CONTAINER_PROTECTED);
    return stays ? "the container is gone or protected" : "";
}

}  // namespace

std::string why_holders_stay(const incident::KernelView& kernel, const incident::Incident& incident, const Joint* joint) {
    if (auto why = why_holders_stay_in(kernel, incident.key.container); !why.empty() || !joint) return why;
    for (const auto& other : joint->others)
        if (const auto why = why_holders_stay_in(kernel, other.key.container); !why.empty()) return incident::subject_text(other) + ": " + why;
    return {};
}

// It kills what its own response would not: only within the containers that the approval is about, and by who may kill there.
std::string Decisions::may_not_kill_holders(const incident::Incident& incident, quell_response response, const Request& request) const {
    if (response != QUELL_RESPONSE_QUARANTINE_FILE) return "only quarantine-file has holders to kill";
    const incident::EngineView kernel(parts_.engine);
    if (auto why = why_holders_stay(kernel, incident, request.joint.get()); !why.empty()) return why;
    if (incident.rule.two_persons) return "its rule asks for two persons, who agree on the file alone";
    if (!(kernel.enabled_offers() & QUELL_BIT(QUELL_RESPONSE_KILL_PROCESS))) return "kill-process is switched off in /etc/quell/quell.yaml";
    return may_not_approve(incident, QUELL_RESPONSE_KILL_PROCESS, request);
}

}  // namespace quell::approval
