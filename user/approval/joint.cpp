// SPDX-License-Identifier: Apache-2.0
// Decisions about several at once: one digest and one approval over all of
// them, each bound before the first flip, each with its own rows.
#include "user/approval/joint.h"

#include <algorithm>

#include "user/approval/decisions.h"
#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/base/log.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/incident/describe.h"
#include "user/incident/digest.h"
#include "user/incident/engine_view.h"
#include "user/incident/executable.h"

namespace quell::approval {

using incident::Incident;

namespace {

std::string detail_with(const std::string& detail, const char* name, const std::string& value) {
    auto json = incident::Json::parse(detail, nullptr, false);
    if (!json.is_object()) json = incident::Json::object();
    json[name] = value;
    return json.dump(-1, ' ', true, incident::Json::error_handler_t::replace);
}

bool can_be_undone(const Incident& incident) { return incident.state == QUELL_STATE_ENFORCING || incident.failed_in_force(); }

constexpr std::size_t kNamedMax = 8;  // in a target's text
// What is carried out for longer waits for somebody who may be hostile: it keeps nobody else's from being taken back.
constexpr std::uint64_t kWaitedForNs = 30'000'000'000;

std::string target_of_one(const Incident& incident, quell_response response) {
    const bool is_of_file = response == QUELL_RESPONSE_QUARANTINE_FILE || response == QUELL_RESPONSE_DENY_EXEC;
    return incident::subject_text(incident) + (is_of_file ? " " + escape_cut(incident::executable_path(incident), 128) : "");
}

// "web (4f0c9a…) enforcing"
std::string part_text(const Incident& incident) {
    const auto response = static_cast<quell_response>(incident.entry.response % QUELL_RESPONSE_COUNT);
    return target_of_one(incident, incident.entry.approved_ns ? response : QUELL_RESPONSE_COUNT) + " " + std::string(word_at(kStateWords, incident.state));
}

}  // namespace

struct Decisions::Run {
    std::uint64_t first = 0;
    incident::Offer offer;
    Request request;
    Reply reply;
    std::vector<std::uint64_t> others;
    std::vector<JointPlaces> places;  // of these, where it is about places
    std::size_t awaited = 0;  // of them, until they are prepared
    bool flipping = false;    // the first, right now
    bool over = false;        // given up, and answered
    std::vector<std::optional<Answer>> answers;  // the first's, then the others'
};

void Decisions::join(const Incident& incident, const Joint& joint, incident::Offer& offer) const {
    incident::EngineView kernel(parts_.engine);
    std::string names = target_of_one(incident, offer.response);
    std::size_t named = 1;
    for (const auto& other : joint.others) {
        if (named++ < kNamedMax) names += ", " + target_of_one(other, offer.response);
        const auto one = incident::offer(kernel, other, offer.response, false);
        if (one.available) continue;
        offer.available = false;
        offer.reason = target_of_one(other, offer.response) + ": " + one.reason;
        offer.digest.clear();
        return;
    }
    offer.target_text = joint.what + ": " + names + (named > kNamedMax ? " and " + std::to_string(named - kNamedMax) + " more" : "");
    offer.digest = incident::joint_digest(offer.digest, joint.what, joint.others, offer.response);
}

std::vector<Guard> Decisions::guards_on(const Matter& matter, const Request& request) const {
    const auto now = static_cast<std::int64_t>(boottime_ns());
    auto whole = matter;
    if (request.joint) whole.containers += static_cast<std::uint32_t>(request.joint->others.size());
    auto guards = guards_against(parts_.guards, containers_, whole, now);
    if (!request.joint) return guards;
    for (const auto& other : request.joint->others)
        for (auto& guard : guards_against(parts_.guards, containers_, matter_of(other, matter.response), now)) {
            if (guard.name == "containers") continue;  // all of them are counted above
            guard.text = incident::subject_text(other) + ": " + guard.text;
            guards.push_back(std::move(guard));
        }
    return guards;
}

bool Decisions::is_own(const Matter& matter, const Request& request) const {
    if (only_looks(word_at(kResponseWords, matter.response))) return false;
    return matter.is_own_pod || (request.joint && std::ranges::any_of(request.joint->others, [&](const Incident& other) { return matter_of(other, matter.response).is_own_pod; }));
}

void Decisions::flip_all(Incident& incident, const incident::Offer& offer, const Request& request, Reply reply) {
    if (is_inside(incident, request)) return refuse(incident.id, Refusal::kNotAllowed, "who asks is inside the target", request, reply);
    auto run = std::make_shared<Run>();
    run->first = incident.id;
    run->offer = offer;
    run->request = request;
    run->reply = std::move(reply);
    const auto& places = request.joint->places;
    for (std::size_t i = 0; i < request.joint->others.size(); i++) {
        const auto& other = request.joint->others[i];
        if (!places.empty() && !places.at(i + 1).places.count) continue;
        const auto bound = request.joint->bind(other);
        if (!bound) return give_up(run, Refusal::kFailed, incident::subject_text(other) + " could not be bound, nothing was approved: " + bound.error().message);
        run->others.push_back(*bound);
        if (!places.empty()) run->places.push_back(places.at(i + 1));
    }
    run->answers.resize(run->others.size() + 1);
    run->awaited = run->others.size();
    if (run->others.empty()) return flip_each(run);
    auto alone = request;
    alone.joint.reset();
    for (const auto id : run->others)
        waiting_[id].push_back({boottime_ns() + kArmingLimitNs, [this, run] { if (--run->awaited == 0) flip_each(run); }, alone,
                                [this, run](const Answer& answer) { give_up(run, Refusal::kFailed, answer.text); }});
}

void Decisions::drop(const Run& run, const std::string& why) {
    for (const auto id : run.others) {
        auto* one = parts_.store.find(id);
        if (!one || !one->waits()) continue;
        if (decide(*one, QUELL_STATE_REJECTED, run.request)) {  // else it has ended in this moment
            settle_if_over(*one);
            continue;
        }
        one->note = "not contained: " + why;
        row(*one, history::Action::REJECTED, one->note, &run.request);
        retire(*one);
    }
}

void Decisions::give_up(const std::shared_ptr<Run>& run, Refusal refusal, const std::string& why) {
    if (run->over) return;
    run->over = true;
    drop(*run, why);
    refuse(run->first, refusal, why, run->request, run->reply);
}

void Decisions::flip_each(const std::shared_ptr<Run>& run) {
    if (run->over) return;
    auto* first = parts_.store.find(run->first);
    if (!first) return give_up(run, Refusal::kNoSuchIncident, "no such incident");
    refresh(*first);
    if (!first->waits()) return give_up(run, Refusal::kTooLate, over_text(*first));
    for (const auto id : run->others)
        if (const auto* one = parts_.store.find(id); !one || one->state != QUELL_STATE_PENDING)
            return give_up(run, Refusal::kFailed, (one ? part_text(*one) + (one->note.empty() ? "" : ": " + one->note) : "one of them is gone") + "; nothing was approved");
    if (!parts_.canary_denied()) return give_up(run, Refusal::kBlind, "the canary was not denied: the hooks do not refuse, nothing was approved");
    run->flipping = true;
    // Others may have been flipped since these passed the guards: asked again where nothing comes in between any more.
    std::string over;
    if (!run->request.over_guards && is_guarded(*first, matter_of(*first, run->offer.response), run->request, [this, run](const Answer& answer) { came(run, 0, answer); }, over)) return;
    if (!over.empty()) {  // an admin had typed the word before it was needed
        run->request.detail = detail_with(run->request.detail, "guard", over);
        run->request.over_guards = true;
    }
    auto request = run->request;
    request.joint.reset();
    const auto flip_one = [&](Incident& one, std::size_t index) {
        const Reply reply = [this, run, index](const Answer& answer) { came(run, index, answer); };
        // it may hold a runtime by now
        if (const auto why = request.kill_holders ? may_not_kill_holders(one, run->offer.response, request) : std::string(); !why.empty())
            return refuse(one.id, Refusal::kNotAllowed, incident::subject_text(one) + ": " + why, request, reply);
        flip(one, run->offer, request, reply);
    };
    request.detail = detail_with(run->request.detail, "joint", run->request.joint->what);
    flip_one(*first, 0);
    run->flipping = false;
    if (run->over) return;
    request.detail = detail_with(run->request.detail, "part_of", id_text(run->first));
    for (std::size_t i = 0; i < run->others.size(); i++) {
        if (!run->places.empty()) request.places = run->places[i].places, request.below = run->places[i].below;
        if (auto* one = parts_.store.find(run->others[i])) flip_one(*one, i + 1);
        else came(run, i + 1, {Refusal::kTooLate, "it is gone", run->others[i], {}});
    }
}

void Decisions::came(const std::shared_ptr<Run>& run, std::size_t index, const Answer& answer) {
    if (run->over) return;
    run->answers[index] = answer;
    if (run->flipping && answer.refusal != Refusal::kNone) {  // the first one: it is refused, with its row, and so are all
        run->over = true;
        drop(*run, answer.text);
        return run->reply(answer);
    }
    if (std::ranges::any_of(run->answers, [](const auto& one) { return !one.has_value(); })) return;
    run->over = true;
    drop(*run, "its flip was refused");
    Answer all{Refusal::kNone, {}, run->first, {}};
    std::string text;
    for (std::size_t i = 0; i < run->answers.size(); i++) {
        const auto id = i == 0 ? run->first : run->others[i - 1];
        const auto* one = parts_.store.find(id);
        const auto& came_of_it = *run->answers[i];
        text += (i == 0 ? "" : ", ") + (one ? part_text(*one) : "incident " + id_text(id) + " gone") + (came_of_it.text.empty() ? "" : " (" + came_of_it.text + ")");
        all.parts.push_back(id);
        all.survivors.insert(all.survivors.end(), came_of_it.survivors.begin(), came_of_it.survivors.end());
    }
    const auto& unseen = run->request.joint->unseen;
    if (const auto* first = parts_.store.find(run->first))
        row(*first, history::Action::JOINT, std::string(word_at(kResponseWords, run->offer.response)) + " of " + run->request.joint->what + ": " + text + (unseen.empty() ? "" : "; " + unseen));
    run->reply(all);
}

void Decisions::appeared(std::uint64_t id, const std::string& what) {
    if (const auto* incident = parts_.store.find(id)) row(*incident, history::Action::JOINT, "made after the flip, and not contained: " + what);
}

void Decisions::tell_left_over() {
    // behind the look-ups of those of whom no row is on the disk: by then it is known whose they are
    if (!parts_.worker.submit([] { return 0; }, [this](int) { left_over(); })) left_over();
}

void Decisions::left_over() {
    for (const auto* one : parts_.store.list(false)) {
        const auto* first = one->part_of && one->waits() ? parts_.store.find(one->part_of) : nullptr;
        if (!first || first->waits()) continue;  // nothing was flipped
        const std::string text = "the daemon ended before all were contained: " + incident::subject_text(*one) + " is not, and waits as incident " + id_text(one->id);
        log::error("incident " + id_text(first->id) + ": " + text);
        row(*first, history::Action::JOINT, text);
    }
}

std::string why_not_undone_yet(const Incident& first, std::span<Incident* const> parts, std::uint64_t now_ns) {
    const auto is_carried_out = [&](const Incident& one) { return one.state == QUELL_STATE_APPROVED && now_ns < one.entry.approved_ns + kWaitedForNs; };
    const auto count = std::ranges::count_if(parts, [&](const Incident* one) { return is_carried_out(*one); }) + (is_carried_out(first) ? 1 : 0);
    if (!count) return {};
    return std::to_string(count) + " of them " + (count == 1 ? "is" : "are") + " still being carried out: try again in some seconds; a part that holds can be undone by its own id";
}

void Decisions::undo(std::uint64_t id, const Request& request, Reply reply) {
    auto* first = parts_.store.find(id);
    const auto parts = parts_.store.parts_of(id);
    if (!first || parts.empty()) return undo_one(id, request, reply);
    refresh(*first);
    std::vector<Incident*> held;
    for (auto* one : parts) {
        refresh(*one);
        if (can_be_undone(*one)) held.push_back(one);
    }
    if (const auto why = why_not_undone_yet(*first, parts, boottime_ns()); !why.empty()) return refuse(id, Refusal::kTooLate, why, request, reply);
    if (held.empty()) {  // evidence of several: each has its row, and is refused by itself
        for (auto* one : parts)
            if (response::takes_evidence(one->entry.response) && evidence_of(*one) != QUELL_RESPONSE_COUNT) undo_one(one->id, request, [](const Answer&) {});
        return undo_one(id, request, reply);
    }
    Answer all{Refusal::kNone, {}, id, {}};
    std::string text;
    if (can_be_undone(*first)) held.insert(held.begin(), first);
    else text = incident::subject_text(*first) + ": " + over_text(*first);
    if (first->state == QUELL_STATE_APPROVED) all.refusal = Refusal::kFailed;
    for (const auto* one : held)
        if (const auto why = may_not_approve(*one, static_cast<quell_response>(one->entry.response % QUELL_RESPONSE_COUNT), request); !why.empty())
            return refuse(id, Refusal::kNotAllowed, why, request, reply);
    for (const auto* one : held) {
        Answer came_of_it;  // it is answered at once
        undo_one(one->id, request, [&came_of_it](const Answer& answer) { came_of_it = answer; });
        text += (text.empty() ? "" : ", ") + incident::subject_text(*one) + " " + (came_of_it.refusal == Refusal::kNone ? one->note : came_of_it.text);
        if (came_of_it.refusal != Refusal::kNone) all.refusal = Refusal::kFailed;
        all.parts.push_back(one->id);
    }
    for (const auto* one : parts) {
        if (one->state != QUELL_STATE_APPROVED) continue;
        text += ", " + incident::subject_text(*one) + " is still being carried out: undo " + id_text(one->id) + " by itself";
        all.refusal = Refusal::kFailed;
    }
    if (!request.dry_run) row(*first, history::Action::JOINT, "taken back: " + text, &request);
    all.text = all.refusal == Refusal::kNone ? "" : text;
    reply(all);
}

}  // namespace quell::approval
