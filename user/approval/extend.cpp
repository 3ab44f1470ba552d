// SPDX-License-Identifier: Apache-2.0
// A later deadline: asked of the kernel's transition program like any other
// decision, with a row of its own. And how one incident stands now.
#include <cerrno>
#include <cstring>

#include "user/approval/decisions.h"
#include "user/base/time.h"

namespace quell::approval {
namespace {

constexpr const char* kNotLater = "a deadline is moved to later than it is, and to at most 7 days from now";

}  // namespace

void Decisions::extend(std::uint64_t id, std::uint64_t for_ns, const Request& request, Reply reply) {
    auto* incident = parts_.store.find(id);
    if (!incident) return refuse(id, Refusal::kNoSuchIncident, "no such incident", request, reply);
    refresh(*incident);
    if (!incident->waits()) return refuse(id, Refusal::kTooLate, over_text(*incident), request, reply);
    if (const auto why = may_not_reject(*incident, request); !why.empty()) return refuse(id, Refusal::kNotAllowed, why, request, reply);
    if (request.reason.find_first_not_of(" \t\n") == std::string::npos) return refuse(id, Refusal::kNotAllowed, "to move a deadline takes a reason (--reason)", request, reply);
    quell_transition transition{};
    transition.approver_container = request.container;
    transition.deadline_ns = boottime_ns() + for_ns;
    if (request.dry_run && transition.deadline_ns <= incident->entry.deadline_ns) return refuse(id, Refusal::kFailed, kNotLater, request, reply);
    if (request.dry_run) return tell_dry_run(*incident, "it would have waited until " + utc_text(wall_from_boottime(transition.deadline_ns)), request, reply);
    const int error = move(*incident, incident->state, transition);
    read(*incident);
    if (error == ERANGE) return refuse(id, Refusal::kFailed, kNotLater, request, reply);
    if (error == ETIME) return refuse(id, Refusal::kTooLate, "expired", request, reply);
    if (error) return refuse_move(*incident, error, request, reply);
    incident->note = "extended: it waits until " + utc_text(wall_from_boottime(incident->entry.deadline_ns));
    row(*incident, history::Action::EXTENDED, incident->note, &request);
    reply({Refusal::kNone, {}, id, {}});
}

void Decisions::look_at(std::uint64_t id) {
    write_due_rows(id);
    auto* incident = parts_.store.find(id);
    if (!incident || incident->over()) return;
    refresh(*incident);
    look_whether_it_holds(*incident);
}

}  // namespace quell::approval
