// SPDX-License-Identifier: Apache-2.0
// Decisions: what is said of an incident and decides nothing of it: whose it
// is, and notes. Also of one that is over.
#include <algorithm>

#include "user/approval/decisions.h"
#include "user/base/time.h"

namespace quell::approval {

bool is_assignee(std::string_view name) {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '@'; };
    return !name.empty() && name.size() <= kAssigneeMax && name.front() != '-' && std::ranges::all_of(name, fits);
}

void Decisions::assign(std::uint64_t id, const std::string& user, const Request& request, const Reply& reply) {
    auto* incident = parts_.store.find(id);
    if (!incident) return refuse(id, Refusal::kNoSuchIncident, "no such incident", request, reply);
    if (!user.empty() && !is_assignee(user)) return refuse(id, Refusal::kFailed, "not a name of a user: at most 64 letters, digits and . _ - @", request, reply);
    refresh(*incident);
    const auto whose = user.empty() ? std::string("assigned to nobody") : "assigned to " + user;
    if (request.dry_run) {
        row(*incident, history::Action::DRY_RUN, "dry run: it would have been " + whose, &request);
        return reply({Refusal::kNone, {}, id, {}});
    }
    incident->assigned_to = user;
    row(*incident, history::Action::ASSIGNED, whose, &request);
    reply({Refusal::kNone, {}, id, {}});
}

void Decisions::note(std::uint64_t id, const std::string& text, const Request& request, const Reply& reply) {
    auto* incident = parts_.store.find(id);
    if (!incident) return refuse(id, Refusal::kNoSuchIncident, "no such incident", request, reply);
    if (text.empty()) return refuse(id, Refusal::kFailed, "a note without text", request, reply);
    refresh(*incident);
    if (request.dry_run) {
        row(*incident, history::Action::DRY_RUN, "dry run: it would have been noted", &request);
        return reply({Refusal::kNone, {}, id, {}});
    }
    const auto who = request.named(request.who);
    incident->add_note({wall_ns(), who.uid, who.user, text});
    auto noted = request;
    noted.reason = text;
    row(*incident, history::Action::NOTED, "noted", &noted);
    reply({Refusal::kNone, {}, id, {}});
}

}  // namespace quell::approval
