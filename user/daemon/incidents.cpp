// SPDX-License-Identifier: Apache-2.0
// The methods of io.quell that are about incidents.
#include <algorithm>

#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/base/id.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/control/varlink.h"
#include "user/daemon/daemon.h"
#include "user/incident/describe.h"
#include "user/incident/engine_view.h"
#include "user/incident/preview.h"
#include "user/response/cgroup.h"
#include "user/response/network_files.h"
#include "user/response/terms.h"

namespace quell::daemon {
namespace {

using control::Json;

// What isolate-network is to leave; the texts were checked to be texts.
Result<quell_terms> terms_of(const Json& params) {
    response::Wanted wanted;
    if (const auto& allow = control::member(params, "allow"); allow.is_array()) wanted.allow = allow.get<std::vector<std::string>>();
    wanted.node = control::true_member(params, "allow_node");
    wanted.loopback = control::true_member(params, "loopback");
    const auto addresses = wanted.node ? response::node_addresses() : std::vector<std::string>{};
    if (wanted.node && addresses.empty()) return Error{"the node's addresses are not known", ENOENT, {}};
    return response::make_terms(wanted, addresses);
}

void refuse(control::Responder& responder, const approval::Answer& answer, const std::string& response, const incident::Incident* incident) {
    const Json reason = {{"reason", answer.text}};
    switch (answer.refusal) {
        case approval::Refusal::kNoSuchIncident: return responder.error("io.quell.NoSuchIncident", {{"id", id_text(answer.incident)}});
        case approval::Refusal::kNotOffered: return responder.error("io.quell.NotOffered", {{"response", escape(response)}, {"reason", answer.text}});
        case approval::Refusal::kChanged: return responder.error("io.quell.Changed", reason);
        case approval::Refusal::kTooLate:
            return responder.error("io.quell.TooLate", {{"state", incident ? word_at(kStateWords, incident->state) : "none"}, {"reason", answer.text}});
        case approval::Refusal::kBlind: return responder.error("io.quell.Blind", reason);
        case approval::Refusal::kGuarded: return responder.error("io.quell.Guarded", {{"guard", answer.guard}, {"reason", answer.text}, {"word", answer.word}});
        case approval::Refusal::kNotAllowed: return responder.error("io.quell.NotAllowed", reason);
        case approval::Refusal::kFailed:
        case approval::Refusal::kNone: return responder.fail(answer.text);
    }
}

}  // namespace

history::Who who_of(const control::Peer& peer) {
    history::Who who;
    who.uid = peer.uid;
    who.user = user_name(peer.uid);
    who.login_uid = peer.login_uid;
    if (peer.login_uid != static_cast<uid_t>(-1)) who.login_user = user_name(peer.login_uid);
    who.pid = static_cast<std::uint32_t>(peer.pid);
    who.cgroup = peer.cgroup ? response::cgroup_path(peer.cgroup) : std::string{};
    return who;
}

approval::Request Daemon::request_of(const Json& params, const control::Peer& peer) const {
    approval::Request request;
    request.received_ns = boottime_ns();
    request.reason = control::string_member(params, "reason");
    request.dry_run = control::true_member(params, "dry_run");
    request.container = peer.container;
    request.who.uid = peer.uid;
    request.who.login_uid = peer.login_uid;
    const approval::Caller caller{peer.uid, peer.gid, peer.groups};
    request.role = approval::role_of(caller, groups_);
    request.may_break_glass = approval::may_break_glass(caller, groups_);
    request.break_glass = control::true_member(params, "break_glass");
    request.confirm = control::string_member(params, "confirm");
    request.named = [peer](const history::Who&) { return who_of(peer); };
    return request;
}

incident::Incident* Daemon::incident_of(const Json& params, control::Responder& responder) { return incident_of(params, "id", responder); }
incident::Incident* Daemon::incident_of(const Json& params, std::string_view name, control::Responder& responder) {
    const auto text = control::string_member(params, name);
    const auto id = parse_id(text);
    auto* found = id ? store_.find(*id) : nullptr;
    if (!found) responder.error("io.quell.NoSuchIncident", {{"id", escape(text)}});
    return found;
}

Json Daemon::incident_json(const incident::Incident& incident) {
    const bool alive = incident.key.container && engine_->container(incident.key.container);
    incident::EngineView kernel(*engine_);
    const auto said = as_said(incident);
    return incident::whole_json(said, said.over() ? std::vector<incident::Offer>{} : incident::offers(kernel, said), alive);
}

incident::Incident Daemon::as_said(const incident::Incident& incident) const {
    auto said = incident;
    said.state = shown_state(incident.state, vitals_);
    if (said.state != incident.state) said.note = "not proven to hold: the canary is not denied";
    return said;
}

void Daemon::incidents(const Json& params, const control::Peer&, control::Responder responder) {
    decisions_->tick();  // states as they are now, not as of the last second
    auto list = Json::array();
    auto room = control::kListRoom;
    for (const auto* incident : store_.list(control::true_member(params, "all")))
        if (!control::append_within(list, incident::summary_json(as_said(*incident), incident->key.container && engine_->container(incident->key.container)), room))
            break;
    responder.reply({{"incidents", list}});
}

void Daemon::show(const Json& params, const control::Peer&, control::Responder responder) {
    decisions_->tick();
    const auto* incident = incident_of(params, responder);
    if (!incident) return;
    auto shared = std::make_shared<control::Responder>(std::move(responder));
    with_holders(*incident, [this, shared, id = incident->id](const Json& holders) {
        const auto* found = store_.find(id);
        if (!found) return shared->error("io.quell.NoSuchIncident", {{"id", id_text(id)}});
        auto json = incident_json(*found);
        json.update(holders);
        shared->reply({{"incident", json}});
    });
}

// All that the rule offers, or one of it.
void Daemon::preview(const Json& params, const control::Peer& peer, control::Responder responder) {
    decisions_->tick();
    const auto* incident = incident_of(params, responder);
    if (!incident) return;
    auto shared = std::make_shared<control::Responder>(std::move(responder));
    with_holders(*incident, [this, shared, params, peer, id = incident->id](const Json& holders) {
        const auto* found = store_.find(id);
        if (!found) return shared->error("io.quell.NoSuchIncident", {{"id", id_text(id)}});
        previewed(*found, params, peer, holders, *shared);
    });
}

void Daemon::previewed(const incident::Incident& incident, const Json& params, const control::Peer& peer, const Json& holders, control::Responder& responder) {
    const auto word = control::string_member(params, "response");
    const auto said = as_said(incident);
    const bool alive = said.key.container && engine_->container(said.key.container);
    const auto request = request_of(params, peer);
    incident::EngineView kernel(*engine_);
    auto list = Json::array();
    for (const auto& offer : incident::offers(kernel, said))
        if (word.empty() || word == word_at(kResponseWords, offer.response))
            list.push_back(incident::preview_json(said, offer, alive, offer.available ? decisions_->needs(said, offer.response, request) : std::vector<std::string>{}));
    if (list.empty() && !word.empty()) return responder.error("io.quell.NotOffered", {{"response", escape(word)}, {"reason", "the rule does not offer it"}});
    auto summary = incident::summary_json(said, alive);
    summary.update(holders);
    responder.reply({{"incident", summary}, {"previews", list}});
}

// For an approval of many: nobody's processes are walked.
void Daemon::digests(const Json& params, const control::Peer&, control::Responder responder) {
    const auto word = control::string_member(params, "response");
    const auto response = word_index(kResponseWords, word);
    if (!response) return responder.error("io.quell.NotOffered", {{"response", escape(word)}, {"reason", "there is no such response"}});
    const Json& ids = control::member(params, "ids");
    if (ids.size() > QUELL_PENDING_MAX) return responder.error(control::errors::kInvalidParameter, {{"parameter", "ids"}});
    decisions_->tick();
    incident::EngineView kernel(*engine_);
    auto list = Json::array();
    for (const Json& text : ids) {
        const auto id = parse_id(text.get<std::string>());
        const auto* found = id ? store_.find(*id) : nullptr;
        if (!found) continue;
        const bool is_offered = std::ranges::find(found->rule.offers, *response) != found->rule.offers.end();
        const auto offer = incident::offer(kernel, *found, static_cast<quell_response>(*response), false);
        Json one = {{"id", id_text(*id)}};
        if (is_offered && offer.available) one.update({{"digest", offer.digest}, {"target", offer.target_text}});
        else one["reason"] = is_offered ? offer.reason : "the rule does not offer it";
        list.push_back(std::move(one));
    }
    responder.reply({{"digests", list}});
}

// Whoever connects before the hook knows the socket is not recorded, and might sit in the target. While nothing is
// denied the hook may not run at all; then nothing is approved either.
bool Daemon::is_known(const incident::Incident& incident, const control::Peer& peer, control::Responder& responder) {
    if (peer.recorded) return true;
    check_canary();
    if (vitals_.canary != Canary::kDenied) return true;
    history::Row row;
    row.action = history::Action::REFUSED;
    row.incident = incident.id;
    row.subject = incident::subject_text(incident);
    row.result = "who asks was not recorded by the kernel side: ask again";
    row.who = who_of(peer);
    responder.error("io.quell.NotAllowed", {{"reason", row.result}});
    history_->append(std::move(row));
    return false;
}

void Daemon::approve(const Json& params, const control::Peer& peer, control::Responder responder) {
    const auto* incident = incident_of(params, responder);
    if (!incident || !is_known(*incident, peer, responder)) return;
    const auto word = control::string_member(params, "response");
    const auto response = word_index(kResponseWords, word);
    if (!response) return responder.error("io.quell.NotOffered", {{"response", escape(word)}, {"reason", "there is no such response"}});
    auto request = request_of(params, peer);
    request.response = static_cast<quell_response>(*response);
    auto terms = terms_of(params);
    if (!terms) return responder.error("io.quell.NotOffered", {{"response", escape(word)}, {"reason", terms.error().message}});
    if (*response != QUELL_RESPONSE_ISOLATE_NETWORK && (terms->count || terms->flags))
        return responder.error("io.quell.NotOffered", {{"response", escape(word)}, {"reason", "it allows nothing: that is isolate-network"}});
    request.terms = *terms;
    request.kill_holders = control::true_member(params, "kill_holders");
    auto shared = std::make_shared<control::Responder>(std::move(responder));
    decisions_->approve(incident->id, request.response, control::string_member(params, "digest"), request,
                        [this, shared, word](const approval::Answer& answer) {
                            const auto* found = store_.find(answer.incident);
                            if (answer.refusal != approval::Refusal::kNone || !found) return refuse(*shared, answer, word, found);
                            auto survivors = Json::array();
                            for (const auto& task : answer.survivors) survivors.push_back(incident::process_json(task, "survived"));
                            shared->reply({{"incident", incident_json(*found)}, {"survivors", survivors}});
                        });
}

void Daemon::reject(const Json& params, const control::Peer& peer, control::Responder responder) {
    decide(params, peer, std::move(responder), &approval::Decisions::reject);
}

void Daemon::undo(const Json& params, const control::Peer& peer, control::Responder responder) {
    decide(params, peer, std::move(responder), &approval::Decisions::undo);
}

void Daemon::extend(const Json& params, const control::Peer& peer, control::Responder responder) {
    constexpr std::int64_t kMostS = QUELL_EXTEND_MAX_NS / 1'000'000'000;
    const auto for_s = control::integer_member(params, "for_s");
    if (for_s < 1 || for_s > kMostS) return responder.error(control::errors::kInvalidParameter, {{"parameter", "for_s"}});
    const auto* incident = incident_of(params, responder);
    if (!incident || !is_known(*incident, peer, responder)) return;
    decisions_->extend(incident->id, static_cast<std::uint64_t>(for_s) * 1'000'000'000, request_of(params, peer), answer_with_incident(std::move(responder)));
}

void Daemon::assign(const Json& params, const control::Peer& peer, control::Responder responder) {
    const auto* incident = incident_of(params, responder);
    if (!incident) return;
    decisions_->assign(incident->id, control::string_member(params, "user"), request_of(params, peer), answer_with_incident(std::move(responder)));
}

void Daemon::note(const Json& params, const control::Peer& peer, control::Responder responder) {
    const auto* incident = incident_of(params, responder);
    if (!incident) return;
    decisions_->note(incident->id, control::string_member(params, "text"), request_of(params, peer), answer_with_incident(std::move(responder)));
}

approval::Reply Daemon::answer_with_incident(control::Responder responder) {
    return [this, shared = std::make_shared<control::Responder>(std::move(responder))](const approval::Answer& answer) {
        const auto* found = store_.find(answer.incident);
        if (answer.refusal != approval::Refusal::kNone || !found) return refuse(*shared, answer, "", found);
        shared->reply({{"incident", incident_json(*found)}});
    };
}

void Daemon::decide(const Json& params, const control::Peer& peer, control::Responder responder, Decide how) {
    const auto* incident = incident_of(params, responder);
    if (!incident || !is_known(*incident, peer, responder)) return;
    ((*decisions_).*how)(incident->id, request_of(params, peer), answer_with_incident(std::move(responder)));
}

}  // namespace quell::daemon
