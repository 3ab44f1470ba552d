// SPDX-License-Identifier: Apache-2.0
// Decisions: a capture before a kill; and evidence that is taken back, which
// is deleted, with a row. Only the daemon has it: the kernel's entry may be
// forgotten long since.
#include "user/approval/decisions.h"
#include "user/base/id.h"
#include "user/base/log.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/evidence/store.h"
#include "user/response/cgroup.h"

namespace quell::approval {

using incident::Incident;

namespace {

constexpr std::uint64_t kFreezeLimitNs = 2'000'000'000;
constexpr std::uint64_t kGraceNs = 4'000'000'000;  // after its time: the helper has some, too

}  // namespace

void Decisions::capture_first(Incident& incident, const Status& frozen, Reply reply) {
    write_due_rows(incident.id);
    auto order = parts_.order(incident);
    order.what = QUELL_RESPONSE_CAPTURE;
    carrying_out_.insert(incident.id);
    capturing_[incident.id] = {order.deadline_ns + kGraceNs, std::move(reply)};
    const response::Target target{incident.key, incident.entry, incident.path, std::make_shared<const evidence::Order>(std::move(order))};
    auto submitted = parts_.taker.submit(
        [this, target, frozen] {
            const bool is_still = frozen && response::wait_until_frozen(target.key.container, boottime_ns() + kFreezeLimitNs);
            auto outcome = response::take_evidence().carry_out(parts_.engine, target, nullptr);
            if (frozen && !is_still) outcome.detail += "; not all of it was frozen";
            return outcome;
        },
        [this, id = incident.id, frozen](const response::Outcome& outcome) { captured(id, frozen, outcome); });
    if (!submitted) captured(incident.id, frozen, {QUELL_STATE_FAILED, submitted.error().message, {}, 0});
}

void Decisions::captured(std::uint64_t id, const Status& frozen, const response::Outcome& outcome) {
    auto* incident = parts_.store.find(id);
    std::string text = outcome.detail;
    if (!frozen) text += "; it was not frozen: " + frozen.error().message;
    const bool is_whole = outcome.state == QUELL_STATE_DONE;
    if (!is_whole) {
        text = "the evidence failed: " + text;
        log::error("incident " + id_text(id) + ": " + text);
    }
    if (incident) row(*incident, history::Action::EVIDENCE, text, nullptr, outcome.evidence);
    auto waiting = capturing_.extract(id);
    if (waiting.empty()) return;  // too late: it is killed already
    if (incident) return carry_out(*incident, std::move(waiting.mapped().reply));
    carrying_out_.erase(id);
    waiting.mapped().reply({Refusal::kFailed, "the incident is gone", id, {}});
}

void Decisions::delete_evidence(const Incident& incident, const Request& request, Reply reply) {
    if (incident.key.container && incident.key.container == request.container)
        return refuse(incident.id, Refusal::kNotAllowed, "who asks is inside the target", request, reply);
    const auto taken = response::takes_evidence(incident.entry.response) ? incident.entry.response : static_cast<quell_u32>(QUELL_RESPONSE_CAPTURE);
    const auto name = evidence::item_name(id_text(incident.id), word_at(kResponseWords, taken));
    auto submitted = parts_.sweeper.submit(
        [limits = parts_.evidence, name]() -> Status {
            auto store = evidence::Store::open(limits);
            return store ? store->remove(name) : Status(store.error());
        },
        [this, id = incident.id, request, reply](const Status& removed) { evidence_deleted(id, removed, request, reply); });
    if (!submitted) refuse(incident.id, Refusal::kFailed, submitted.error().message, request, reply);
}

void Decisions::evidence_deleted(std::uint64_t id, const Status& removed, const Request& request, const Reply& reply) {
    auto* incident = parts_.store.find(id);
    if (!incident) return reply({Refusal::kFailed, "the incident is gone", id, {}});
    const bool is_kill = !response::takes_evidence(incident->entry.response);
    if (!removed && (is_kill || removed.error().code == ENOENT))
        return refuse(id, Refusal::kTooLate, is_kill ? over_text(*incident) : "there is no evidence of it", request, reply);
    if (!removed) return refuse(id, Refusal::kFailed, removed.error().message, request, reply);
    if (is_kill) {  // it stays what it is
        row(*incident, history::Action::EVIDENCE, "the evidence is deleted", &request);
        return reply({Refusal::kNone, {}, id, {}});
    }
    if (retired_.contains(id)) {  // the kernel's entry is there still: it ends in the same state
        quell_transition transition{};
        transition.approver_container = request.container;
        (void)move(*incident, QUELL_STATE_UNDONE, transition);
    }
    incident->state = QUELL_STATE_UNDONE;
    incident->note = "the evidence is deleted";
    row(*incident, history::Action::UNDONE, incident->note, &request);
    reply({Refusal::kNone, {}, id, {}});
}

}  // namespace quell::approval
