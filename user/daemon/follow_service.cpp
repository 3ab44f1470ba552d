// SPDX-License-Identifier: Apache-2.0
// What is followed, at the control interface: the method ContainerStarts of
// OCI hooks, and what incidents say of it.
#include <algorithm>
#include <filesystem>

#include "user/base/id.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/control/varlink.h"
#include "user/daemon/daemon.h"
#include "user/incident/describe.h"
#include "user/incident/engine_view.h"

namespace quell::daemon {
namespace {

using control::Json;

constexpr std::size_t kToldMax = 1024;  // bytes of a name; what is longer is none that a runtime gives
constexpr std::size_t kToldRootMax = 4096;

Json met_json(const Met& met) {
    Json json = {{"followed", met.followed}, {"contained", met.contained}, {"incidents", Json::array()}};
    for (const auto id : met.incidents) json["incidents"].push_back(id_text(id));
    if (!met.text.empty()) json["text"] = met.text;
    return json;
}

}  // namespace

void Daemon::start_following() {
    follower_ = std::make_unique<Follower>(Follower::Parts{*engine_, store_, *decisions_, *history_, *namer_, *walker_, *reader_, identities_,
                                                           std::filesystem::path(config_.history_path).parent_path() / "followed.json",
                                                           [this](const std::string& warning) { vitals_.followed_warning = warning; }});
}

// Who a container is is said by who starts it: root, and nobody whom a role lets decide.
void Daemon::container_starts(const Json& params, const control::Peer& peer, control::Responder responder) {
    if (peer.uid != 0) return responder.error("io.quell.NotAllowed", {{"reason", "it is for the OCI hook of a runtime that runs as root"}});
    const auto pid = control::integer_member(params, "pid");
    if (pid < 1 || pid > INT32_MAX) return responder.error(control::errors::kInvalidParameter, {{"parameter", "pid"}});
    ToldContainer told;
    told.pid = static_cast<std::uint32_t>(pid);
    for (const auto& [name, text] : {std::pair{"id", &told.id}, {"namespace", &told.pod_namespace}, {"pod", &told.pod}, {"name", &told.name}, {"image", &told.image}}) {
        *text = control::string_member(params, name);
        if (text->size() > kToldMax) return responder.error(control::errors::kInvalidParameter, {{"parameter", name}});
    }
    told.root = control::string_member(params, "root");
    if (told.root.size() > kToldRootMax || told.root.find('\0') != std::string::npos || (!told.root.empty() && told.root.front() != '/'))
        return responder.error(control::errors::kInvalidParameter, {{"parameter", "root"}});
    auto shared = std::make_shared<control::Responder>(std::move(responder));
    follower_->starts(std::move(told), [shared](const Met& met) { shared->reply(met_json(met)); });
}

// Where who approves says nothing of it.
void Daemon::follow_by_rule(const incident::Incident& incident, const Json& params, bool is_wide, approval::Request& request) const {
    if (request.follow_ns || control::true_member(params, "no_follow")) return;
    const auto term_ns = approval::follow_of_rule(incident, request.response);
    if (!term_ns) return;
    request.follow_by_rule = true;
    if (is_wide) request.not_followed = kOneContainer;
    else request.follow_ns = term_ns;
}

// Whether the path leads to what was bound, and which one really does, is seen only there.
void Daemon::approve_followed(const incident::Incident& incident, const std::string& path, const std::string& digest, approval::Request request, control::Responder responder) {
    const std::string word{word_at(kResponseWords, request.response)};
    auto shared = std::make_shared<control::Responder>(std::move(responder));
    auto submitted = walker_->submit([this, container = incident.key.container, path, file = incident.entry.file] { return real_path(*engine_, container, path, file); },
                                     [this, id = incident.id, digest, word, request = std::move(request), shared](const Result<std::string>& real) mutable {
                                         if (!real && !request.follow_by_rule) return shared->error("io.quell.NotOffered", {{"response", word}, {"reason", "it does not follow its workload: " + real.error().message}});
                                         if (real) {
                                             request.paths = {*real};
                                         } else {
                                             request.follow_ns = 0;
                                             request.not_followed = real.error().message;
                                         }
                                         decisions_->approve(id, request.response, digest, request, answer_with_survivors(shared, request.response));
                                     });
    if (!submitted) shared->fail("too much is being looked up at once: try again");
}

void Daemon::add_follow(Json& json, std::uint64_t incident) const {
    if (const auto* followed = std::as_const(*follower_).table().find(incident)) json["follow"] = incident::follow_json(*followed, boottime_ns());
}

void Daemon::tell_follow(const incident::Incident& incident, incident::Offer& offer, bool is_wide) const {
    approval::Request request;
    request.follow_ns = approval::follow_of_rule(incident, offer.response);
    if (!request.follow_ns || !offer.available) return;
    request.response = offer.response;
    // whether the path leads to what was bound is looked at when it is approved
    if (offer.response == QUELL_RESPONSE_DENY_EXEC)
        if (auto paths = incident::paths_of_object(incident, offer.response)) request.paths = *std::move(paths);
    offer.not_followed = is_wide ? kOneContainer : follower_->may_follow(incident, request);
    if (offer.not_followed.empty()) offer.follow_ns = request.follow_ns;
}

std::vector<incident::Offer> Daemon::offers_of(const incident::Incident& incident) const {
    incident::EngineView kernel(*engine_);
    auto all = incident::offers(kernel, incident);
    for (auto& offer : all) tell_follow(incident, offer);
    return all;
}

// Whose container is gone: they wait for nothing, and are in force nowhere, but go on.
void Daemon::list_followed(Json& list, std::size_t& room) {
    for (const auto& one : follower_->table().all()) {
        const auto* incident = store_.find(one.incident);
        if (!incident || !incident->over()) continue;
        auto json = incident::summary_json(as_said(*incident), incident->key.container && engine_->container(incident->key.container));
        add_follow(json, one.incident);
        if (!control::append_within(list, std::move(json), room)) return;
    }
}

}  // namespace quell::daemon
