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
#include "user/response/places.h"
#include "user/response/terms.h"

namespace quell::daemon {
namespace {

using control::Json;

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

Json asks_json(const approval::Decisions::Asks& asks) {
    Json json = {{"reason", asks.reason}, {"two_persons", asks.two_persons}};
    if (!asks.confirm.empty()) json["confirm"] = asks.confirm;
    if (!asks.refused.empty()) json["refused"] = asks.refused;
    return json;
}

// The texts were checked to be texts.
Result<quell_terms> terms_of(const Json& params, quell_response response) {
    response::Wanted wanted;
    if (const auto& allow = control::member(params, "allow"); allow.is_array()) wanted.allow = allow.get<std::vector<std::string>>();
    wanted.node = control::true_member(params, "allow_node");
    wanted.loopback = control::true_member(params, "loopback");
    if (response != QUELL_RESPONSE_ISOLATE_NETWORK && (!wanted.allow.empty() || wanted.node || wanted.loopback))
        return Error{"it allows nothing: that is isolate-network", EINVAL, {}};
    const auto addresses = wanted.node ? response::node_addresses() : std::vector<std::string>{};
    if (wanted.node && addresses.empty()) return Error{"the node's addresses are not known", ENOENT, {}};
    return response::make_terms(wanted, addresses);
}

Result<quell_response> beside_of(const Json& params, quell_response response) {
    const auto with = control::string_member(params, "with");
    const bool copy = control::true_member(params, "copy");
    if (!with.empty() && with != "capture") return Error{"what can go with a response is capture", EINVAL, {}};
    if (!with.empty() && response != QUELL_RESPONSE_KILL_CONTAINER) return Error{"a capture goes with kill-container only", EINVAL, {}};
    if (copy && response != QUELL_RESPONSE_QUARANTINE_FILE) return Error{"a copy is kept of what quarantine-file holds only", EINVAL, {}};
    return !with.empty() ? QUELL_RESPONSE_CAPTURE : copy ? QUELL_RESPONSE_ACQUIRE_FILE : QUELL_RESPONSE_COUNT;
}

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
    const auto said = as_said(incident);
    const auto offers = said.over() ? std::vector<incident::Offer>{} : offers_of(said);
    for (const auto& offer : offers) decisions_->shown().add(said, offer);
    auto json = incident::whole_json(said, offers, alive);
    add_follow(json, incident.id);
    return json;
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
    const bool all = control::true_member(params, "all");
    for (const auto* incident : store_.list(all)) {
        auto json = incident::summary_json(as_said(*incident), incident->key.container && engine_->container(incident->key.container));
        add_follow(json, incident->id);
        if (!control::append_within(list, std::move(json), room)) break;
    }
    if (!all) list_followed(list, room);
    responder.reply({{"incidents", list}});
}

void Daemon::show(const Json& params, const control::Peer&, control::Responder responder) {
    // This one alone: what waits beside it makes no answer later.
    if (const auto id = parse_id(control::string_member(params, "id"))) decisions_->look_at(*id);
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
    const auto wide = wide_of(params);
    if (!wide) return responder.error(control::errors::kInvalidParameter, {{"parameter", "scope"}});
    if (*wide != Wide::kNone) return preview_wide(*wide, *incident, control::string_member(params, "response"), request_of(params, peer), peer, std::move(responder));
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
    auto list = Json::array();
    for (const auto& offer : offers_of(said)) {
        if (!word.empty() && word != word_at(kResponseWords, offer.response)) continue;
        list.push_back(incident::preview_json(said, offer, alive, offer.available ? decisions_->needs(said, offer.response, request) : std::vector<std::string>{}));
        if (!offer.available) continue;
        list.back()["asks"] = asks_json(decisions_->asks(said, offer, request));
        decisions_->shown().add(said, offer);
    }
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
        if (is_offered) decisions_->shown().add(*found, offer);
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

// What lies there is looked for on a worker: file systems of containers may take their time.
void Daemon::approve_below(std::uint64_t id, std::uint64_t container, const std::vector<std::string>& paths, const std::string& digest, approval::Request request,
                           control::Responder responder) {
    const std::string word{word_at(kResponseWords, request.response)};
    const auto not_offered = [word](control::Responder& to, const std::string& reason) { to.error("io.quell.NotOffered", {{"response", word}, {"reason", reason}}); };
    if (request.response != QUELL_RESPONSE_DENY_WRITE) return not_offered(responder, "it is about no place: that is deny-write");
    if (const auto wrong = response::misnamed_places(paths); !wrong.empty()) return not_offered(responder, wrong);
    auto shared = std::make_shared<control::Responder>(std::move(responder));
    auto submitted = walker_->submit([this, container, paths] { return response::find_places(*engine_, container, paths); },
                                     [this, id, digest, request = std::move(request), shared, not_offered](const Result<response::FoundPlaces>& found) mutable {
                                         if (!found) return not_offered(*shared, found.error().message);
                                         request.places = found->places;
                                         request.below = found->text;
                                         if (request.follow_ns) request.paths = found->paths;
                                         decisions_->approve(id, request.response, digest, request, answer_with_survivors(shared, request.response));
                                     });
    if (!submitted) shared->fail("too much is being looked up at once: try again");
}

approval::Reply Daemon::answer_with_survivors(std::shared_ptr<control::Responder> shared, quell_response response, std::function<void()> contained) {
    return [this, shared, word = std::string(word_at(kResponseWords, response)), contained = std::move(contained)](const approval::Answer& answer) {
        const auto* found = store_.find(answer.incident);
        if (contained && !answer.parts.empty()) contained();
        if (answer.refusal != approval::Refusal::kNone || !found) return refuse(*shared, answer, word, found);
        auto survivors = Json::array();
        for (const auto& task : answer.survivors) survivors.push_back(incident::process_json(task, "survived"));
        Json reply = {{"incident", incident_json(*found)}, {"survivors", survivors}};
        if (!answer.parts.empty()) reply["parts"] = parts_json(answer.parts);
        if (answer.beside) reply["evidence"] = {{"whole", answer.beside->state == QUELL_STATE_DONE}, {"text", escape_controls(answer.beside->detail)}};
        shared->reply(reply);
    };
}

void Daemon::approve(const Json& params, const control::Peer& peer, control::Responder responder) {
    const auto* incident = incident_of(params, responder);
    if (!incident || !is_known(*incident, peer, responder)) return;
    const auto word = control::string_member(params, "response");
    const auto response = word_index(kResponseWords, word);
    if (!response) return responder.error("io.quell.NotOffered", {{"response", escape(word)}, {"reason", "there is no such response"}});
    auto request = request_of(params, peer);
    request.response = static_cast<quell_response>(*response);
    auto terms = terms_of(params, request.response);
    if (!terms) return responder.error("io.quell.NotOffered", {{"response", escape(word)}, {"reason", terms.error().message}});
    request.terms = *terms;
    const auto beside = beside_of(params, request.response);
    if (!beside) return responder.error("io.quell.NotOffered", {{"response", escape(word)}, {"reason", beside.error().message}});
    request.beside = *beside;
    if (const Json& follow = control::member(params, "follow_s"); follow.is_number_integer()) {
        const auto follow_s = follow.get<std::int64_t>();
        if (follow_s < 1 || follow_s > static_cast<std::int64_t>(incident::kFollowMaxNs / 1'000'000'000))
            return responder.error(control::errors::kInvalidParameter, {{"parameter", "follow_s"}});
        request.follow_ns = static_cast<std::uint64_t>(follow_s) * 1'000'000'000;
    }
    request.kill_holders = control::true_member(params, "kill_holders");
    const auto digest = control::string_member(params, "digest");
    const auto wide = wide_of(params);
    if (!wide) return responder.error(control::errors::kInvalidParameter, {{"parameter", "scope"}});
    if (*wide != Wide::kNone && request.beside != QUELL_RESPONSE_COUNT)
        return responder.error("io.quell.NotOffered", {{"response", escape(word)}, {"reason", "evidence beside it is taken of one target, not of several"}});
    if (*wide != Wide::kNone && request.follow_ns)
        return responder.error("io.quell.NotOffered", {{"response", escape(word)}, {"reason", kOneContainer}});
    if (request.follow_ns && control::true_member(params, "no_follow")) return responder.error(control::errors::kInvalidParameter, {{"parameter", "no_follow"}});
    follow_by_rule(*incident, params, *wide != Wide::kNone, request);
    std::vector<std::string> below;
    if (const auto& named = control::member(params, "below"); named.is_array()) below = named.get<std::vector<std::string>>();
    if (*wide != Wide::kNone) return approve_wide(*wide, incident->id, request, below, digest, word, peer, std::move(responder));
    if (!below.empty()) return approve_below(incident->id, incident->key.container, below, digest, std::move(request), std::move(responder));
    // of an event's object the kernel side gave the real path; not of what somebody named, nor of who acted
    if (request.follow_ns && request.response == QUELL_RESPONSE_DENY_EXEC && (incident->key.rule == QUELL_RULE_MANUAL || (incident->entry.object_flags & QUELL_OBJECT_ACTOR)))
        if (const auto paths = incident::paths_of_object(*incident, request.response)) return approve_followed(*incident, paths->front(), digest, std::move(request), std::move(responder));
    approve_now(incident->id, request, digest, std::move(responder));
}

void Daemon::approve_now(std::uint64_t id, const approval::Request& request, const std::string& digest, control::Responder responder, std::function<void()> contained) {
    auto shared = std::make_shared<control::Responder>(std::move(responder));
    decisions_->approve(id, request.response, digest, request, answer_with_survivors(shared, request.response, std::move(contained)));
}

void Daemon::reject(const Json& params, const control::Peer& peer, control::Responder responder) {
    decide(params, peer, std::move(responder), &approval::Decisions::reject);
}

void Daemon::undo(const Json& params, const control::Peer& peer, control::Responder responder) {
    const auto id = parse_id(control::string_member(params, "id"));
    if (!id || !follower_->table().find(*id)) return decide(params, peer, std::move(responder), &approval::Decisions::undo);
    const auto* incident = incident_of(params, responder);
    if (!incident || !is_known(*incident, peer, responder)) return;
    follower_->undo(*id, request_of(params, peer), answer_with_incident(std::move(responder)));
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
        Json reply = {{"incident", incident_json(*found)}};
        if (!answer.parts.empty()) reply["parts"] = parts_json(answer.parts);
        shared->reply(reply);
    };
}

void Daemon::decide(const Json& params, const control::Peer& peer, control::Responder responder, Decide how) {
    const auto* incident = incident_of(params, responder);
    if (!incident || !is_known(*incident, peer, responder)) return;
    ((*decisions_).*how)(incident->id, request_of(params, peer), answer_with_incident(std::move(responder)));
}

}  // namespace quell::daemon
