// SPDX-License-Identifier: Apache-2.0
#include "user/approval/decisions.h"

#include <algorithm>
#include <thread>

#include "user/approval/already.h"
#include "user/approval/approved_with.h"
#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/base/log.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/incident/describe.h"
#include "user/incident/engine_view.h"
#include "user/response/cgroup.h"
#include "user/response/freeze_mark.h"
#include "user/response/process.h"
#include "user/response/terms.h"

namespace quell::approval {

using incident::Incident;

namespace {
constexpr std::size_t kRetiredMax = 256;  // a quarter of the kernel's map
constexpr const char* kMadeAnew = ": what was made anew is another target; look again with quell incidents";
}  // namespace

Decisions::Decisions(Parts parts)
    : parts_(std::move(parts)),
      arming_(parts_.engine, parts_.worker, parts_.keep_armed_ns, [this](const auto& target, const auto& result) { armed(target, result); }),
      begun_ns_(boottime_ns()) {}

void Decisions::prepare(const Incident& incident) {
    if (incident.waits() && (incident.entry.offers | incident.entry.wanted)) arming_.arm(target_of(incident));
}

response::Target Decisions::target_of(const Incident& incident) const { return {incident.key, incident.entry, incident.path, parts_.stop_grace_ns, &ending_, {}, kills_holders(incident.entry)}; }

void Decisions::armed(const response::Target& target, const Status& result) {
    const auto id = QUELL_WORD_INCIDENT(target.entry.word);
    auto* incident = parts_.store.find(id);
    if (incident) {
        if (!result) {
            log::error("incident cannot be armed: " + result.error().message);
            incident->note = "its hooks could not be attached: " + result.error().message;
            if (incident->state == QUELL_STATE_ARMING && move(*incident, QUELL_STATE_FAILED) == 0) {
                row(*incident, history::Action::FAILED, incident->note);
                retire(*incident);
            }
        } else if (incident->state == QUELL_STATE_ARMING) {
            if (move(*incident, QUELL_STATE_PENDING) == 0) hold(*incident);
        }
    }
    auto waiting = waiting_.extract(id);
    if (!waiting.empty())
        for (auto& one : waiting.mapped()) one.again();
}

int Decisions::move(Incident& incident, quell_state to) {
    quell_transition request{};
    const int error = move(incident, to, request);
    read(incident);
    return error;
}

int Decisions::move(Incident& incident, quell_state to, quell_transition& request) {
    request.key = incident.key;
    request.incident = incident.id;
    request.from = incident.state;
    request.to = to;
    auto answer = parts_.engine.transition(request);
    if (!answer) {
        log::error(answer.error().message);
        return EIO;
    }
    request = *answer;
    if (answer->error == 0) incident.state = to;
    return -answer->error;
}

void Decisions::refresh(Incident& incident) {
    const auto before = incident.state;
    read(incident);
    if (incident.waits() && boottime_ns() > incident.entry.deadline_ns) (void)move(incident, QUELL_STATE_EXPIRED);
    if (incident.state != before) settle_if_over(incident);
}

void Decisions::read(Incident& incident) const {
    if (incident.over()) return;
    const auto entry = parts_.engine.find(incident.key);
    if (!entry || QUELL_WORD_INCIDENT(entry->word) != incident.id) {
        incident.state = boottime_ns() > incident.entry.deadline_ns && incident.waits() ? QUELL_STATE_EXPIRED : QUELL_STATE_GONE;
        return;
    }
    incident.entry = *entry;
    incident.state = static_cast<quell_state>(QUELL_WORD_STATE(entry->word));
}

void Decisions::row(const Incident& incident, history::Action action, const std::string& result, const Request* request, const std::string& detail) {
    parts_.tell_first(incident);
    write_due_rows(incident.id);  // what came first: an undo may be faster than the sweep
    history::Entry entry;
    entry.row.action = action;
    entry.row.incident = incident.id;
    entry.row.generation = incident.entry.generation;
    entry.row.subject = incident::subject_text(incident);
    entry.row.result = result;
    entry.row.latency = incident.latency;
    entry.row.detail = detail;
    // also of a flip that contained nothing: it was approved
    const bool flipped = action == history::Action::APPROVED || (action == history::Action::FAILED && incident.decided_by);
    if (incident.entry.approved_ns || flipped) entry.row.response = word_at(kResponseWords, incident.entry.response);
    if (request) {
        entry.row.who = request->named(request->who);
        entry.row.reason = request->reason;
        entry.row.detail = request->rule.empty() ? request->detail : rule_detail(request->rule);
        if (request->response < QUELL_RESPONSE_COUNT) entry.row.response = word_at(kResponseWords, request->response);
        const auto add = [&](const char* name, const incident::Json& value) {
            const auto known = incident::Json::parse(entry.row.detail, nullptr, false);
            auto whole = known.is_object() ? known : incident::Json::object();
            whole[name] = value;
            entry.row.detail = whole.dump();
        };
        const bool by_person = action == history::Action::APPROVED && request->rule.empty();
        if (by_person && incident.entry.response == QUELL_RESPONSE_ISOLATE_NETWORK) add("terms", response::terms_text(request->terms));
        if (by_person && incident.entry.response == QUELL_RESPONSE_DENY_WRITE) add("below", request->below.empty() ? "the directory of the object" : request->below);
        if (action == history::Action::APPROVED && request->kill_holders) add("kill_holders", true);
    }
    entry.snapshot = history::Snapshot{incident.id, std::string(word_at(kStateWords, incident.state)), incident.rule.rule, incident::snapshot_text(incident)};
    parts_.history.append(std::move(entry));
}

void Decisions::refuse(std::uint64_t id, Refusal refusal, const std::string& text, const Request& request, const Reply& reply) {
    history::Row row;
    row.action = history::Action::REFUSED;
    row.incident = id;
    row.subject = "quelld";
    row.result = text;
    row.who = request.named(request.who);
    row.reason = request.reason;
    if (request.response < QUELL_RESPONSE_COUNT) row.response = word_at(kResponseWords, request.response);
    if (auto* incident = parts_.store.find(id)) {
        parts_.tell_first(*incident);
        row.subject = incident::subject_text(*incident);
    }
    parts_.history.append(std::move(row));
    reply({refusal, text, id, {}});
}

std::string Decisions::over_text(const Incident& incident) {
    return incident.state == QUELL_STATE_EXPIRED ? "expired" : "it is " + std::string(word_at(kStateWords, incident.state)) + " already";
}

void Decisions::approve(std::uint64_t id, quell_response response, const std::string& digest, const Request& request, Reply reply) {
    auto* incident = parts_.store.find(id);
    if (!incident) return refuse(id, Refusal::kNoSuchIncident, "no such incident", request, reply);
    refresh(*incident);
    if (!incident->waits()) return refuse(id, Refusal::kTooLate, over_text(*incident) + (incident->state == QUELL_STATE_GONE ? kMadeAnew : ""), request, reply);
    for (const auto wanted : {response, request.beside == QUELL_RESPONSE_COUNT ? response : request.beside})
        if (const auto why = may_not_approve(*incident, wanted, request); !why.empty() && !request.break_glass)  // whether it may be broken: agreed()
            return refuse(id, Refusal::kNotAllowed, why, request, reply);
    if (const auto why = not_beside(response, request); !why.empty()) return refuse(id, Refusal::kNotOffered, why, request, reply);
    if (incident->state == QUELL_STATE_ARMING) {  // defined: it waits for the hooks, within a limit
        waiting_[id].push_back({boottime_ns() + kArmingLimitNs,
                                [this, id, response, digest, request, reply] { approve(id, response, digest, request, reply); }, request, reply});
        prepare(*incident);
        return;
    }
    incident::EngineView kernel(parts_.engine, arming_.prepared(id, response), vital_);
    auto offer = incident::offer(kernel, *incident, response, false);
    if (offer.available && request.joint) join(*incident, *request.joint, offer);
    if (std::ranges::find(incident->rule.offers, static_cast<std::uint32_t>(response)) == incident->rule.offers.end())
        return refuse(id, Refusal::kNotOffered, "the rule does not offer it", request, reply);
    if (!offer.available) return refuse(id, Refusal::kNotOffered, shown_.why_none(*incident, offer, digest, request.joint != nullptr), request, reply);
    if (response == QUELL_RESPONSE_DENY_WRITE && !request.places.count && !incident->entry.place.file.inode)
        return refuse(id, Refusal::kNotOffered, "no directory was bound when it happened: name one with --below", request, reply);
    if (request.rule.empty() && !request.follows && offer.digest != digest)
        return refuse(id, Refusal::kChanged, request.joint && !request.joint->changed.empty() ? request.joint->changed : shown_.why_not(*incident, offer, digest, request.joint ? request.joint->what : ""), request, reply);
    if (const auto why = request.kill_holders ? may_not_kill_holders(*incident, response, request) : std::string(); !why.empty())
        return refuse(id, Refusal::kNotAllowed, why, request, reply);
    if (!response::takes_evidence(response) && !parts_.canary_denied())
        return refuse(id, Refusal::kBlind, "the canary was not denied: the hooks do not refuse, nothing was approved", request, reply);
    if (request.beside == QUELL_RESPONSE_ACQUIRE_FILE && !request.has_room) return look_for_room(id, response, digest, request, reply);
    Request agreed_to = request;
    if (request.follow_ns)
        if (auto why = parts_.may_follow(*incident, request); !why.empty()) {
            if (!request.follow_by_rule) return refuse(id, Refusal::kNotOffered, why, request, reply);
            agreed_to.follow_ns = 0;
            agreed_to.not_followed = std::move(why);
        }
    if (!agreed(*incident, offer, agreed_to, reply)) return;
    if (request.dry_run) return tell_dry_run(*incident, std::string(word_at(kResponseWords, response)) + " of " + offer.target_text + " would have been approved" + follow_outlook(agreed_to), agreed_to, reply);
    if (request.joint) return flip_all(*incident, offer, agreed_to, std::move(reply));
    flip(*incident, offer, agreed_to, std::move(reply));
}

void Decisions::flip(Incident& incident, const incident::Offer& offer, const Request& request, Reply reply) {
    quell_transition transition{};
    transition.request = ++requests_;
    transition.beside = beside_bits(request.beside, request.kill_holders);
    transition.approver_container = request.container;
    transition.response = offer.response;
    transition.target = offer.target;
    transition.approver_uid = request.who.uid;
    transition.approver_loginuid = request.who.login_uid;
    if (offer.response == QUELL_RESPONSE_DENY_WRITE) transition.places = request.places;
    else transition.terms = request.terms;
    const auto prepared = arming_.prepared(incident.id, offer.response);
    // Before the flip: whoever finds it frozen finds it approved, too, and kills it.
    const bool captures = request.beside == QUELL_RESPONSE_CAPTURE;
    std::optional<response::FreezeMark> mark;  // until it is approved: then the next daemon, too, finds what is to be done
    if (captures && !response::is_frozen_by_itself(incident.key.container)) mark.emplace(incident.key.container);
    const auto frozen = captures ? response::freeze(incident.key.container) : Result<bool>(false);
    if (captures && frozen && (*frozen || response::is_to_stand(parts_.engine, incident.key.container))) transition.beside |= QUELL_BESIDE_FROZEN;
    const int error = move(incident, QUELL_STATE_APPROVED, transition);
    if (error && frozen && *frozen && !response::let_go_on(parts_.engine, incident.key.container) && mark) mark->keep();
    mark.reset();
    if (!error && prepared && !captures) {
        response::response(offer.response).strike(*prepared);
        std::this_thread::yield();  // with one CPU who was struck goes first, and what is only told of it afterwards
    }
    read(incident);
    if (error) settle_if_over(incident);
    if (error && incident.state == QUELL_STATE_FAILED) {  // it was approved; what follows is not a refusal
        incident.reason = request.reason;
        incident.note = "nothing could be contained: " + (error == ENOSPC ? "there is no room for one more in the kernel, undo some" : std::string(std::strerror(error)));
        approved(incident, request);
        row(incident, history::Action::FAILED, incident.note);
        retire(incident);
        return reply({Refusal::kFailed, incident.note, incident.id, {}});
    }
    switch (error) {
        case 0: break;
        case ETIME: return refuse(incident.id, Refusal::kTooLate, "expired", request, reply);
        case EPERM: return refuse(incident.id, Refusal::kNotAllowed, "who asks is inside the target", request, reply);
        case EACCES: return refuse(incident.id, Refusal::kNotAllowed, "the target is protected", request, reply);
        case EOPNOTSUPP: return refuse(incident.id, Refusal::kNotOffered, "it was not bound when it happened", request, reply);
        case EBUSY: return refuse(incident.id, Refusal::kTooLate, over_text(incident), request, reply);
        case ENOENT:
        case ESRCH: return refuse(incident.id, Refusal::kTooLate, "its target is gone", request, reply);
        case EEXIST: return refuse(incident.id, Refusal::kTooLate, already_text(offer.response), request, reply);
        default: return refuse(incident.id, Refusal::kFailed, "the kernel side refused: " + std::string(std::strerror(error)), request, reply);
    }
    const auto followed = request.follow_ns ? parts_.follow(incident, request) : std::string();
    const auto us = [](std::uint64_t from, std::uint64_t to) { return static_cast<std::int64_t>((to - std::min(from, to)) / 1000); };
    if (acts_on_container(word_at(kResponseWords, offer.response))) containers_.add(static_cast<std::int64_t>(request.received_ns), parts_.guards.per_ns);
    incident.reason = request.reason;
    incident.latency.detected_to_approved_us = us(incident.entry.first_ns, request.received_ns);
    incident.latency.approved_to_flipped_us = us(request.received_ns, transition.time_ns);
    // First the effect, then the rows: the flip never waits for the disk, and neither does the sweep, with one CPU too.
    due_rows_[incident.id] = [this, id = incident.id, request, followed] {
        auto* decided = parts_.store.find(id);
        if (!decided) return;
        decided->evidence_due = request.beside;
        approved(*decided, request);
        row(*decided, history::Action::FLIPPED, response::takes_evidence(decided->entry.response) ? "nothing is refused: evidence is taken" : "the kernel refuses from here on");
        if (request.follow_ns) row(*decided, history::Action::FOLLOWED, followed, &request);
    };
    if (captures) return capture_first(incident, frozen ? success() : Status(frozen.error()), std::move(reply));
    if (request.beside == QUELL_RESPONSE_ACQUIRE_FILE) to_copy_.insert(incident.id);
    if (offer.response == QUELL_RESPONSE_STOP_CONTAINER) lift(incident, QUELL_BIT(QUELL_RESPONSE_PAUSE_CONTAINER));  // who is told to end must run for it
    if (!request.not_followed.empty()) not_followed_[incident.id] = request.not_followed;
    carry_out(incident, std::move(reply));
}

void Decisions::write_due_rows(std::uint64_t id) {
    if (auto due = due_rows_.extract(id)) due.mapped()();
}

void Decisions::write_due_rows() {
    while (!due_rows_.empty()) write_due_rows(due_rows_.begin()->first);
}

void Decisions::carry_out(Incident& incident, Reply reply) {
    auto target = target_of(incident);
    const auto which = static_cast<quell_response>(incident.entry.response % QUELL_RESPONSE_COUNT);
    const bool takes_evidence = response::takes_evidence(which);
    if (takes_evidence) {  // nobody waits for its effect, and it says who decided
        write_due_rows(incident.id);
        target.order = std::make_shared<const evidence::Order>(parts_.order(incident));
    }
    const auto prepared = arming_.prepared(incident.id, which);
    auto& worker = takes_evidence ? parts_.taker : response::response(which).gives_time() ? parts_.stopper : parts_.sweeper;
    auto submitted = worker.submit(
        [this, target, which, prepared] {
            // "enforcing" is said of what is attached
            const auto attached = response::attach_hooks(parts_.engine, which);
            auto outcome = response::response(which).carry_out(parts_.engine, target, prepared.get());
            if (!attached && outcome.state == QUELL_STATE_ENFORCING) outcome = {QUELL_STATE_FAILED, attached.error().message, {}, 0};
            return outcome;
        },
        [this, id = incident.id, reply](const response::Outcome& outcome) { carried_out(id, outcome, reply); });
    if (submitted) carrying_out_.insert(incident.id);
    else carried_out(incident.id, {QUELL_STATE_FAILED, submitted.error().message, {}, 0}, reply);
}

void Decisions::carried_out(std::uint64_t id, const response::Outcome& outcome, const Reply& reply) {
    carrying_out_.erase(id);
    auto* incident = parts_.store.find(id);
    if (!incident) return reply({Refusal::kFailed, "the incident is gone", id, {}});
    write_due_rows(id);
    auto state = outcome.state;
    auto detail = outcome.detail;
    if (const auto why = not_followed_.extract(id)) detail += (detail.empty() ? "" : "; ") + not_followed_text(why.mapped());
    if (state == QUELL_STATE_ENFORCING && !parts_.canary_denied()) {
        state = QUELL_STATE_FAILED;
        detail = "the canary was not denied: it cannot be said that the hooks refuse";
    }
    if (outcome.last_gone_ns && incident->entry.approved_ns)
        incident->latency.flipped_to_last_gone_us =
            static_cast<std::int64_t>((outcome.last_gone_ns - std::min(outcome.last_gone_ns, incident->entry.approved_ns)) / 1000);
    const int error = move(*incident, state);
    if (incident->state == QUELL_STATE_GONE && state == QUELL_STATE_ENFORCING) detail = "its target vanished meanwhile";
    incident->note = detail;
    if (error && incident->state != QUELL_STATE_GONE) log::error("the state of an incident could not be moved: " + std::string(std::strerror(error)));
    if (incident->state == QUELL_STATE_GONE && state == QUELL_STATE_DONE) incident->state = QUELL_STATE_DONE;
    const auto action = incident->state == QUELL_STATE_DONE        ? history::Action::DONE
                        : incident->state == QUELL_STATE_ENFORCING ? history::Action::ENFORCING
                        : incident->state == QUELL_STATE_GONE      ? history::Action::GONE
                        : incident->state == QUELL_STATE_UNDONE    ? history::Action::UNDONE
                                                                   : history::Action::FAILED;
    if (state == QUELL_STATE_FAILED)
        for (const auto& task : outcome.survivors)
            log::error("still there: pid " + std::to_string(task.pid) + " " + escape({task.comm, strnlen(task.comm, sizeof(task.comm))}));
    row(*incident, action, detail, nullptr, outcome.evidence);
    if (action == history::Action::ENFORCING) lift(*incident);
    const Answer answer{Refusal::kNone, {}, id, outcome.survivors};
    if (to_copy_.erase(id)) copy_after(*incident, answer, reply);
    else reply(answer);
    retire(*incident);
}

int Decisions::decide(Incident& incident, quell_state to, const Request& request) {
    quell_transition transition{};
    transition.approver_container = request.container;
    const int error = move(incident, to, transition);
    read(incident);
    return error;
}

void Decisions::refuse_move(Incident& incident, int error, const Request& request, const Reply& reply) {
    settle_if_over(incident);
    if (error == EPERM) return refuse(incident.id, Refusal::kNotAllowed, "who asks is inside the target", request, reply);
    refuse(incident.id, Refusal::kTooLate, error == EBUSY ? over_text(incident) : std::strerror(error), request, reply);
}

void Decisions::reject(std::uint64_t id, const Request& request, Reply reply) {
    auto* incident = parts_.store.find(id);
    if (!incident) return refuse(id, Refusal::kNoSuchIncident, "no such incident", request, reply);
    refresh(*incident);
    if (!incident->waits()) return refuse(id, Refusal::kTooLate, over_text(*incident), request, reply);
    if (const auto why = may_not_reject(*incident, request); !why.empty()) return refuse(id, Refusal::kNotAllowed, why, request, reply);
    if (request.dry_run) return tell_dry_run(*incident, "it would have been rejected", request, reply);
    if (const int error = decide(*incident, QUELL_STATE_REJECTED, request)) return refuse_move(*incident, error, request, reply);
    incident->decided_by = request.named(request.who);
    incident->reason = request.reason;
    row(*incident, history::Action::REJECTED, "rejected", &request);
    lift(*incident);
    reply({Refusal::kNone, {}, id, {}});
    retire(*incident);
}

void Decisions::undo_one(std::uint64_t id, const Request& request, const Reply& reply) {
    auto* incident = parts_.store.find(id);
    if (!incident) return refuse(id, Refusal::kNoSuchIncident, "no such incident", request, reply);
    refresh(*incident);
    if (evidence_of(*incident) != QUELL_RESPONSE_COUNT) return delete_evidence(*incident, request, std::move(reply));
    const auto word = word_at(kUndoWords, incident->entry.response);
    if (incident->state == QUELL_STATE_FAILED && !incident->entry.approved_ns)
        return refuse(id, Refusal::kTooLate, "nothing of it is in force", request, reply);
    if (incident->state != QUELL_STATE_ENFORCING && incident->state != QUELL_STATE_FAILED)
        return refuse(id, Refusal::kTooLate, incident->waits() ? "it was not approved: there is nothing to undo" : over_text(*incident), request, reply);
    if (word.empty() && incident->state == QUELL_STATE_ENFORCING)
        return refuse(id, Refusal::kNotOffered, "a kill cannot be undone", request, reply);
    const auto response = static_cast<quell_response>(incident->entry.response % QUELL_RESPONSE_COUNT);
    if (const auto why = may_not_approve(*incident, response, request); !why.empty()) return refuse(id, Refusal::kNotAllowed, why, request, reply);
    if (request.dry_run) return tell_dry_run(*incident, std::string(word_at(kResponseWords, incident->entry.response)) + " would have been taken back", request, reply);
    if (const int error = decide(*incident, QUELL_STATE_UNDONE, request)) return refuse_move(*incident, error, request, reply);
    incident->note = word.empty() ? "taken back" : std::string(word) + (word.ends_with('e') ? "d" : "ed");
    const auto taken_back = take_back(*incident);
    if (!taken_back) incident->note = taken_back.error().message;
    row(*incident, history::Action::UNDONE, incident->note, &request);
    lift(*incident);
    reply({taken_back ? Refusal::kNone : Refusal::kFailed, taken_back ? "" : incident->note, id, {}});
    retire(*incident);
}

Status Decisions::take_back(const Incident& incident) {
    const auto which = static_cast<quell_response>(incident.entry.response % QUELL_RESPONSE_COUNT);
    const auto done = response::response(which).take_back(parts_.engine, target_of(incident), arming_.prepared(incident.id, which).get());
    if (!done) log::error("incident " + id_text(incident.id) + " is undone, but " + done.error().message);
    return done;
}

void Decisions::look_whether_it_holds(Incident& incident) {
    if (incident.state != QUELL_STATE_ENFORCING) return;
    const auto why = response::response(static_cast<quell_response>(incident.entry.response % QUELL_RESPONSE_COUNT)).lapsed(parts_.engine, target_of(incident));
    if (why.empty() || move(incident, QUELL_STATE_FAILED)) return;
    incident.note = why;
    log::error("incident " + id_text(incident.id) + " does not hold: " + why);
    row(incident, history::Action::FAILED, why);
}

bool Decisions::doubt_ends(Incident& incident, bool is_held) {
    quell_transition request{};
    request.doubt = 1;
    const int error = move(incident, is_held ? incident.state : QUELL_STATE_REJECTED, request);
    if (error == EIO) return false;
    read(incident);
    if (error == EALREADY) doubt_ended(incident, "a repeat does not hang on who the container is");
    else if (error) settle_if_over(incident);  // decided, or gone, in this moment
    else if (is_held) doubt_ended(incident, "who the container is is known now: the rule is about it");
    if (error || is_held) return true;
    incident.note = "withdrawn: who the container is is known now, and the rule is not about it";
    log::warn("incident " + id_text(incident.id) + " of " + incident.rule.policy + "/" + incident.rule.rule + ": " + incident.note);
    row(incident, history::Action::WITHDRAWN, incident.note);
    retire(incident);
    return true;
}

void Decisions::on_notice(const quell_notice& notice) {
    auto* incident = parts_.store.find(QUELL_WORD_INCIDENT(notice.word));
    if (!incident || incident->over()) return;
    incident->state = static_cast<quell_state>(QUELL_WORD_STATE(notice.word) % QUELL_STATE_COUNT);
    settle(*incident);
}

void Decisions::settle_if_over(Incident& incident) {
    if (incident.over()) settle(incident);
}

void Decisions::settle(Incident& incident, const std::string& gone) {
    if (carrying_out_.contains(incident.id)) return;  // carried_out() writes what it ended in
    if (incident.state == QUELL_STATE_EXPIRED) row(incident, history::Action::EXPIRED, "nobody decided in time");
    if (incident.state == QUELL_STATE_GONE) row(incident, history::Action::GONE, gone);
    retire(incident);
}

void Decisions::retire(Incident& incident) {
    if (!incident.over() || incident.failed_in_force()) return;
    lift(incident);
    arming_.forget(incident.id);
    shown_.forget(incident.id);
    retired_.insert(incident.id);
    // a disk that takes no rows must not fill the kernel's map with what is over
    while (retired_.size() > kRetiredMax) forget(*retired_.begin());
}

void Decisions::written(const std::vector<history::Row>& rows) {
    using history::Action;
    for (const auto& row : rows)  // a FAILED of what holds is not among those that are retired
        if (row.action == Action::DONE || row.action == Action::GONE || row.action == Action::UNDONE || row.action == Action::REJECTED ||
            row.action == Action::WITHDRAWN || row.action == Action::EXPIRED || row.action == Action::FAILED)  // one that holds nothing, see retire()
            forget(row.incident);
}

void Decisions::forget(std::uint64_t id) {
    if (!retired_.erase(id)) return;
    const auto* incident = parts_.store.find(id);
    if (!incident) return;
    quell_transition request{};
    request.key = incident->key;
    request.incident = id;
    request.from = incident->state;
    request.to = QUELL_STATE_NONE;
    (void)parts_.engine.transition(request);
}

void Decisions::tick() {
    write_due_rows();
    const auto now = boottime_ns();
    for (auto* incident : parts_.store.list(false)) {
        refresh(*incident);
        look_whether_it_holds(*incident);
        if (incident->waits() && (incident->entry.offers & QUELL_BIT(QUELL_RESPONSE_DENY_EXEC))) vital_.refresh();
    }
    std::vector<std::uint64_t> late;
    for (const auto& [id, until_ns] : considered_)
        if (now >= until_ns) late.push_back(id);
    for (const auto id : late) approve_by_rule(id);
    std::vector<std::uint64_t> too_long;
    for (const auto& [id, one] : capturing_)
        if (now >= one.until_ns) too_long.push_back(id);
    for (const auto id : too_long) captured(id, success(), {QUELL_STATE_FAILED, "it was not done within its time", {}, 0});
    for (auto& [waited_for, list] : waiting_) {
        std::erase_if(list, [this, now, id = waited_for](const Waiting& one) {
            if (now < one.until_ns) return false;
            refuse(id, Refusal::kFailed, "its hooks are still being attached: try again", one.request, one.reply);
            return true;
        });
    }
    std::erase_if(waiting_, [](const auto& one) { return one.second.empty(); });
    parts_.store.trim(retired_);
    arming_.disarm_unneeded();
}

}  // namespace quell::approval
