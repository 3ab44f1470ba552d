// SPDX-License-Identifier: Apache-2.0
// Decisions: evidence beside a containment, a capture before a kill and a copy
// behind a quarantine; and evidence that is taken back, which is deleted, with
// a row. Only the daemon has it: the kernel's entry may be forgotten long since.
#include "user/approval/decisions.h"
#include "user/base/id.h"
#include "user/base/log.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/evidence/store.h"
#include "user/incident/engine_view.h"
#include "user/response/cgroup.h"

namespace quell::approval {

using incident::Incident;

namespace {

constexpr std::uint64_t kFreezeLimitNs = 2'000'000'000;
constexpr std::uint64_t kGraceNs = 4'000'000'000;  // after its time: the helper has some, too

}  // namespace

std::string Decisions::not_beside(quell_response response, const Request& request) const {
    if (request.beside == QUELL_RESPONSE_COUNT) return {};
    const auto goes_with = request.beside == QUELL_RESPONSE_CAPTURE ? QUELL_RESPONSE_KILL_CONTAINER : QUELL_RESPONSE_QUARANTINE_FILE;
    const std::string word(word_at(kResponseWords, request.beside));
    if (response != goes_with) return word + " goes with " + std::string(word_at(kResponseWords, goes_with)) + " only";
    if (!(incident::EngineView(parts_.engine).enabled_offers() & QUELL_BIT(request.beside))) return word + " is switched off in /etc/quell/quell.yaml";
    return {};
}

// Before the flip, so that who wants a copy is told while there is something to decide; not on the loop's thread, which waits
// for no disk.
void Decisions::look_for_room(std::uint64_t id, quell_response response, const std::string& digest, const Request& request, const Reply& reply) {
    auto submitted = parts_.sweeper.submit(
        [limits = parts_.evidence]() -> Status {
            const auto store = evidence::Store::open(limits);
            if (!store) return store.error();
            const auto room = store->room();
            if (!room) return room.error();
            return room->bytes ? success() : Status(Error{room->why, ENOSPC, {}});
        },
        [this, id, response, digest, request, reply](const Status& room) {
            if (!room) return refuse(id, Refusal::kFailed, "no copy can be kept, and nothing was approved: " + room.error().message, request, reply);
            auto again = request;
            again.has_room = true;
            approve(id, response, digest, again, reply);
        });
    if (!submitted) refuse(id, Refusal::kFailed, submitted.error().message, request, reply);
}

void Decisions::capture_first(Incident& incident, const Status& frozen, Reply reply) {
    write_due_rows(incident.id);
    auto order = parts_.order(incident);
    order.what = QUELL_RESPONSE_CAPTURE;
    order.deadline_ns = boottime_ns() + order.limits.max_seconds * 1'000'000'000;  // from now on: it is frozen, and to be killed
    carrying_out_.insert(incident.id);
    capturing_[incident.id] = {order.deadline_ns + kGraceNs, std::move(reply)};
    auto target = target_of(incident);
    target.order = std::make_shared<const evidence::Order>(std::move(order));
    auto submitted = parts_.taker.submit(
        [this, target, frozen] {
            const bool is_still = frozen && response::wait_until_cgroup_frozen(target.key.container, boottime_ns() + kFreezeLimitNs);
            auto outcome = response::take_evidence().carry_out(parts_.engine, target, nullptr);
            if (frozen && !is_still) outcome.detail += "; not all of it was frozen";
            return outcome;
        },
        [this, id = incident.id, frozen](const response::Outcome& outcome) { captured(id, frozen, outcome); });
    if (!submitted) captured(incident.id, frozen, {QUELL_STATE_FAILED, submitted.error().message, {}, 0});
}

void Decisions::captured(std::uint64_t id, const Status& frozen, response::Outcome outcome) {
    auto* incident = parts_.store.find(id);
    if (!frozen) outcome.detail += "; it was not frozen: " + frozen.error().message;
    if (incident) evidence_row(*incident, outcome);
    auto waiting = capturing_.extract(id);
    if (waiting.empty()) return;  // too late: it is killed already
    const auto reply = std::move(waiting.mapped().reply);
    const auto with_evidence = [reply, outcome](Answer answer) {
        answer.beside = outcome;
        reply(answer);
    };
    if (incident) return carry_out(*incident, with_evidence);
    carrying_out_.erase(id);
    reply({Refusal::kFailed, "the incident is gone", id, {}});
}

void Decisions::resume(Incident& incident) {
    read(incident);
    const Reply nobody = [](const Answer&) {};
    const bool is_copy_due = incident.evidence_due == QUELL_RESPONSE_ACQUIRE_FILE;
    if (incident.state == QUELL_STATE_ENFORCING && is_copy_due) return copy_after(incident, {Refusal::kNone, {}, incident.id, {}}, nobody);
    if (incident.state != QUELL_STATE_APPROVED) return;
    if (incident.evidence_due == QUELL_RESPONSE_CAPTURE) {  // it may have been let go on by somebody meanwhile
        const auto frozen = response::freeze(incident.key.container);
        return capture_first(incident, frozen ? success() : Status(frozen.error()), nobody);
    }
    if (is_copy_due) to_copy_.insert(incident.id);
    carry_out(incident, nobody);
}

void Decisions::copy_after(const Incident& incident, const Answer& answer, const Reply& reply) {
    auto order = parts_.order(incident);
    order.what = QUELL_RESPONSE_ACQUIRE_FILE;
    auto target = target_of(incident);
    target.order = std::make_shared<const evidence::Order>(std::move(order));
    const auto copied = [this, answer, reply](response::Outcome outcome) {
        auto whole = answer;
        if (auto* found = parts_.store.find(answer.incident)) evidence_row(*found, outcome);
        whole.beside = std::move(outcome);
        reply(whole);
    };
    auto submitted = parts_.taker.submit([this, target] { return response::take_evidence().carry_out(parts_.engine, target, nullptr); }, copied);
    if (!submitted) copied({QUELL_STATE_FAILED, submitted.error().message, {}, 0});
}

// Loud where there is none, or not all of it.
void Decisions::evidence_row(Incident& incident, response::Outcome& outcome) {
    incident.evidence_due = QUELL_RESPONSE_COUNT;
    if (outcome.state != QUELL_STATE_DONE) {
        outcome.detail = "the evidence failed: " + outcome.detail;
        log::error("incident " + id_text(incident.id) + ": " + outcome.detail);
    }
    row(incident, history::Action::EVIDENCE, outcome.detail, nullptr, outcome.evidence);
}

quell_response Decisions::evidence_of(const Incident& incident) {
    const auto state = incident.state;
    const bool is_undone = state == QUELL_STATE_UNDONE || state == QUELL_STATE_GONE;
    if (!incident.decided_by || !incident.over()) return QUELL_RESPONSE_COUNT;
    switch (incident.entry.response) {
        case QUELL_RESPONSE_ACQUIRE_FILE:
        case QUELL_RESPONSE_CAPTURE: return state == QUELL_STATE_DONE || state == QUELL_STATE_FAILED ? static_cast<quell_response>(incident.entry.response) : QUELL_RESPONSE_COUNT;
        // what was taken beside them: of a kill that is done, and of what holds nothing any more
        case QUELL_RESPONSE_KILL_CONTAINER: return state == QUELL_STATE_DONE || is_undone ? QUELL_RESPONSE_CAPTURE : QUELL_RESPONSE_COUNT;
        case QUELL_RESPONSE_QUARANTINE_FILE: return is_undone ? QUELL_RESPONSE_ACQUIRE_FILE : QUELL_RESPONSE_COUNT;
        default: return QUELL_RESPONSE_COUNT;
    }
}

void Decisions::delete_evidence(const Incident& incident, const Request& request, Reply reply) {
    const auto taken = evidence_of(incident);
    const auto name = evidence::item_name(id_text(incident.id), word_at(kResponseWords, taken));
    if (is_inside(incident, request)) return refuse(incident.id, Refusal::kNotAllowed, "who asks is inside the target", request, reply);
    if (const auto why = may_not_approve(incident, taken, request); !why.empty()) return refuse(incident.id, Refusal::kNotAllowed, why, request, reply);
    auto submitted = parts_.sweeper.submit(
        [limits = parts_.evidence, name, is_dry = request.dry_run]() -> Status {
            auto store = evidence::Store::open(limits);
            if (!store) return store.error();
            if (!is_dry) return store->remove(name);
            const auto item = store->read(name);
            return item ? success() : Status(item.error());
        },
        [this, id = incident.id, request, reply](const Status& removed) { evidence_deleted(id, removed, request, reply); });
    if (!submitted) refuse(incident.id, Refusal::kFailed, submitted.error().message, request, reply);
}

void Decisions::evidence_deleted(std::uint64_t id, const Status& removed, const Request& request, const Reply& reply) {
    auto* incident = parts_.store.find(id);
    if (!incident) return reply({Refusal::kFailed, "the incident is gone", id, {}});
    const bool is_beside = !response::takes_evidence(incident->entry.response);
    // by hand, or by a daemon that ended before that was on the disk: then this is its row
    const bool is_gone = !removed && removed.error().code == ENOENT;
    const bool was_kept = !is_beside && incident->state == QUELL_STATE_DONE;
    if (is_gone && !was_kept)
        return refuse(id, Refusal::kTooLate, is_beside ? over_text(*incident) : "there is no evidence of it", request, reply);
    if (!removed && !is_gone) return refuse(id, Refusal::kFailed, removed.error().message, request, reply);
    if (request.dry_run) return tell_dry_run(*incident, "its evidence would have been deleted", request, reply);
    if (is_beside) {  // it stays what it is
        row(*incident, history::Action::EVIDENCE, "the evidence is deleted", &request);
        return reply({Refusal::kNone, {}, id, {}});
    }
    if (retired_.contains(id)) {  // the kernel's entry is there still: it ends in the same state
        quell_transition transition{};
        transition.approver_container = request.container;
        (void)move(*incident, QUELL_STATE_UNDONE, transition);
    }
    incident->state = QUELL_STATE_UNDONE;
    incident->note = is_gone ? "the evidence was gone already" : "the evidence is deleted";
    row(*incident, history::Action::UNDONE, incident->note, &request);
    reply({Refusal::kNone, {}, id, {}});
}

}  // namespace quell::approval
