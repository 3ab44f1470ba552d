// SPDX-License-Identifier: Apache-2.0
// Follower: how it went with one that came back, and the end of it all.
#include <algorithm>

#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/base/log.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/daemon/follower.h"
#include "user/daemon/requested.h"

namespace quell::daemon {

using incident::Incident;

Result<Incident*> Follower::ask(const ManualFound& found, const incident::Followed& followed) {
    quell_request request{};
    request.key.container = found.container;
    request.entry = found.entry;
    request.entry.offers = QUELL_BIT(followed.response);
    request.entry.deadline_ns = kRequestTermNs;
    request.entry.severity = followed.severity;
    const auto made = parts_.engine.request(request);
    if (!made) return made.error();
    if (made->error) return Error{request_refusal_text(-made->error), -made->error, {}};
    const auto pending = parts_.engine.find(made->key);
    if (!pending) return Error{"it vanished in this moment", ESRCH, {}};
    auto& incident = adopt_requested(parts_.store, {made->key, *pending}, found, followed.response);
    incident.rule.severity = followed.severity;
    incident.follows = followed.incident;
    incident.note = "follows incident " + id_text(followed.incident);
    history::Row asked;
    asked.action = history::Action::REQUESTED;
    asked.who = followed.who;
    asked.reason = followed.reason;
    asked.response = word_at(kResponseWords, followed.response);
    asked.result = "came back: incident " + id_text(followed.incident) + " follows its workload";
    row(&incident, std::move(asked));
    return &incident;
}

std::string Follower::window_text(const Incident& incident, std::optional<std::int64_t>& window_us) const {
    const auto container = parts_.engine.container(incident.key.container);
    const auto seen = seen_.find(incident.key.container);
    const bool is_hooked = seen != seen_.end() && seen->second.is_hooked;
    const auto begun_ns = seen == seen_.end() ? 0 : seen->second.begun_ns;
    const auto flipped_ns = incident.entry.approved_ns;
    if (!container) return "contained, and gone by now";
    // asked after the flip: it has executed nothing before it either
    if (container->home_state == QUELL_HOME_NONE || (begun_ns && flipped_ns <= begun_ns))
        return std::string("contained before its first instruction") + (is_hooked ? ", its OCI hook waits for it" : "");
    // where the telling of its first execution was lost: its first process was made before that
    const auto from_ns = begun_ns ? begun_ns : container->init_start_ns;
    window_us = static_cast<std::int64_t>((flipped_ns - std::min(from_ns, flipped_ns)) / 1000);
    return "contained " + std::string(begun_ns ? "" : "at most ") + duration_text(*window_us * 1000) + " after " +
           (begun_ns ? "its first execution" : "its first process was made") + (is_hooked ? "" : "; no OCI hook told of it");
}

void Follower::contained(std::uint64_t id, const approval::Answer& answer) {
    auto found = work_.extract(id);
    if (found.empty()) return;
    const auto work = std::move(found.mapped());
    auto* incident = parts_.store.find(id);
    auto* followed = table_.find(work.followed);
    const bool is_held = answer.refusal == approval::Refusal::kNone && incident && incident->state == QUELL_STATE_ENFORCING;
    history::Row back;
    back.action = history::Action::CAME_BACK;
    back.incident = id;
    back.response = word_at(kResponseWords, work.response);
    incident::Json detail = {{"follows", id_text(work.followed)}};
    if (is_held) {
        std::optional<std::int64_t> window_us;
        back.result = window_text(*incident, window_us) + (work.text.empty() ? "" : "; " + work.text);
        detail["window_us"] = window_us.value_or(0);
        if (window_us) log::warn("incident " + id_text(id) + ": " + back.result);
        if (followed && window_us) followed->longest_window_us = std::max(*window_us, followed->longest_window_us.value_or(0));
        if (window_us) changed();
        incident->note = back.result + "; " + incident->note;
    } else {
        const auto why = !answer.text.empty() ? answer.text : incident ? "it is " + std::string(word_at(kStateWords, incident->state)) + ", " + incident->note : "its incident is gone";
        back.result = "came back, and is not contained: " + why;
        if (!incident || incident->state != QUELL_STATE_GONE) log::error("incident " + id_text(id) + ": " + back.result);
        // blind, or its hooks could not be attached: that may change; a guard does not
        const bool may_change = answer.refusal == approval::Refusal::kBlind || answer.refusal == approval::Refusal::kFailed;
        if (const auto seen = seen_.find(work.container); seen != seen_.end() && may_change) seen->second.is_settled = false;
    }
    back.detail = detail.dump();
    row(incident, std::move(back));
    for (const auto& one : work.told) one(id, is_held, is_held && incident ? incident->note : answer.text);
    if (!work.undone || !incident) return;
    if (incident->waits()) parts_.decisions.reject(id, *work.undone, [](const approval::Answer&) {});
    else if (is_in_force(*incident)) parts_.decisions.undo(id, *work.undone, [](const approval::Answer&) {});
}

// Its names are those of a workload that is followed: somebody will ask why it is not contained.
void Follower::tell_alike(const ManualFound& found, const incident::Workload& workload, Seen& seen) {
    const auto alike = table_.alike(workload);
    if (alike.empty() || std::exchange(seen.is_alike, true)) return;
    for (const auto* one : alike) {
        history::Row other;
        other.action = history::Action::CAME_BACK;
        other.incident = one->incident;
        other.subject = incident::workload_text(workload);
        other.response = word_at(kResponseWords, one->response);
        other.result = "container " + escape(found.container_id.substr(0, 12)) + " has these names and another image: it is not followed, and not contained";
        log::warn(other.subject + ": " + other.result);
        row(nullptr, std::move(other));
    }
}

void Follower::undo(std::uint64_t id, const approval::Request& request, const approval::Reply& reply) {
    const auto* followed = table_.find(id);
    auto* origin = followed ? parts_.store.find(followed->incident) : nullptr;
    if (!origin) return reply({approval::Refusal::kNoSuchIncident, "no such incident", id, {}});
    const auto origin_id = origin->id;
    std::vector<std::uint64_t> held;
    auto all = followed->came_back;
    all.insert(all.begin(), origin_id);
    for (const auto one_id : all)
        if (const auto* one = parts_.store.find(one_id); one && is_in_force(*one) && !work_.contains(one_id)) held.push_back(one_id);
    std::stable_partition(held.begin(), held.end(), [id](std::uint64_t one) { return one == id; });
    approval::Answer first;
    first.incident = id;
    if (held.empty()) {
        auto asked = request;  // from one that came back as from the first
        if (const auto seen = seen_.find(request.container); request.container && seen != seen_.end() && seen->second.follows == origin_id) asked.container = origin->key.container;
        if (!parts_.decisions.may_end_following(*origin, asked, reply)) return;
    } else {
        // it answers before it returns
        parts_.decisions.undo(held.front(), request, [&first](const approval::Answer& answer) { first = answer; });
        const auto* one = parts_.store.find(held.front());
        first.incident = id;
        if (request.dry_run || !one || one->state != QUELL_STATE_UNDONE) return reply(first);
    }
    end(origin_id, "undone", &request);
    for (std::size_t i = 1; i < held.size(); i++) parts_.decisions.undo(held[i], request, [](const approval::Answer&) {});
    for (auto& [number, work] : work_)
        if (work.followed == origin_id) work.undone = request;
    for (const auto one_id : all)
        if (const auto* one = parts_.store.find(one_id); one && one_id != origin_id && one->waits() && !work_.contains(one_id))
            parts_.decisions.reject(one_id, request, [](const approval::Answer&) {});
    reply(first);
}

}  // namespace quell::daemon
