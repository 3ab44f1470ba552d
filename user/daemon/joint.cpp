// SPDX-License-Identifier: Apache-2.0
// Approve and Preview of more than the incident: the others are looked for on
// a worker, then it is one offer, one digest and one approval.
#include <algorithm>

#include "user/approval/joint.h"
#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/base/vocabulary.h"
#include "user/control/varlink.h"
#include "user/daemon/daemon.h"
#include "user/daemon/instances.h"
#include "user/incident/describe.h"
#include "user/incident/engine_view.h"
#include "user/incident/preview.h"

namespace quell::daemon {
namespace {

using control::Json;

constexpr std::size_t kShownMax = 256;   // previews that are remembered, to say what changed
constexpr std::size_t kChangesMax = 8;   // that are named

std::string wide_word(Wide wide) { return wide == Wide::kPod ? "scope pod" : "instances of its file"; }

// What a request for one of the others is made of, as an incident that waits.
incident::Incident drafted(const ManualFound& found, const incident::Incident& first) {
    incident::Incident draft;
    draft.key.rule = QUELL_RULE_MANUAL;
    draft.key.container = found.container;
    draft.entry = found.entry;
    draft.entry.deadline_ns = UINT64_MAX;
    draft.rule.severity = first.rule.severity;
    draft.path = found.path;
    draft.path_is = "visible";
    draft.exe = found.exe;
    draft.arguments = found.arguments;
    draft.container_id = found.container_id;
    draft.cgroup_path = found.cgroup_path;
    draft.runtime = found.runtime;
    draft.identity = found.identity;
    draft.device = found.entry.overlay_device ? found.entry.overlay_device : found.entry.device;
    draft.inode = found.entry.inode;
    draft.part_of = first.id;
    return draft;
}

std::string shown_text(const incident::Incident& one) { return incident::subject_text(one) + (one.path.empty() ? "" : " " + escape(one.path)); }

std::set<std::string> shown_of(const approval::Joint& joint) {
    std::set<std::string> shown;
    for (const auto& other : joint.others) shown.insert(shown_text(other));
    return shown;
}

void add_changes(std::string& text, const std::set<std::string>& of, const std::set<std::string>& other, const char* how) {
    std::size_t count = 0;
    for (const auto& one : of) {
        if (other.contains(one)) continue;
        if (++count > kChangesMax) continue;
        text += (text.empty() ? "" : "; ") + one + " " + how;
    }
    if (count > kChangesMax) text += "; " + std::to_string(count - kChangesMax) + " more " + how;
}

// "" where it is the same.
std::string changes_text(const std::set<std::string>& before, const std::set<std::string>& now) {
    std::string text;
    add_changes(text, now, before, "is new");
    add_changes(text, before, now, "is gone");
    return text.empty() ? text : "since it was shown: " + text + "; look again with quell preview";
}

}  // namespace

std::optional<Wide> wide_of(const Json& params) {
    const auto scope = control::string_member(params, "scope");
    const bool is_of_file = control::true_member(params, "all_instances");
    if (scope.empty()) return is_of_file ? Wide::kInstances : Wide::kNone;
    return scope == "pod" && !is_of_file ? std::optional(Wide::kPod) : std::nullopt;
}

bool can_be_wide(Wide wide, quell_u32 response) { return has_word(kResponseScopes, response, wide == Wide::kPod ? "pod" : "instances"); }

Result<JointFound> Daemon::find_pod(const incident::Pod& pod, std::uint64_t container) const {
    auto mates = find_pod_mates(*engine_, *identities_, pod, container);
    if (!mates) return mates.error();
    JointFound found;
    found.what = "the pod " + incident::pod_text(pod);
    found.name = pod.name;
    found.others = std::move(mates->containers);
    found.seen = std::move(mates->seen);
    if (mates->unknown)
        found.unseen = "of " + std::to_string(mates->unknown) + (mates->unknown == 1 ? " container" : " containers") + " of this host it is not known whose they are";
    return found;
}

// Of one content; the incident is a copy, for a thread of its own.
Result<JointFound> Daemon::find_same(const incident::Incident& incident) const {
    auto instances = find_instances(*engine_, *identities_, incident);
    if (!instances) return instances.error();
    JointFound found;
    found.what = "all instances of sha256 " + instances->sha256;
    found.others = std::move(instances->others);
    found.unseen = std::move(instances->unseen);
    return found;
}

// An approval that comes to nothing has its row, whatever it fails by.
void Daemon::not_widened(Wide wide, const incident::Incident& incident, const std::optional<approval::Request>& approval, const std::string& why, control::Responder& responder) {
    if (approval) {
        history::Row row;
        row.action = history::Action::REFUSED;
        row.incident = incident.id;
        row.subject = incident::subject_text(incident);
        row.result = wide_word(wide) + ": " + why;
        row.who = approval->named(approval->who);
        row.reason = approval->reason;
        row.response = word_at(kResponseWords, approval->response);
        history_->append(std::move(row));
    }
    responder.error("io.quell.NotOffered", {{"response", wide_word(wide)}, {"reason", why}});
}

void Daemon::widen(Wide wide, const incident::Incident& incident, const std::optional<approval::Request>& approval, const control::Peer& peer, control::Responder responder, Widened then) {
    const auto pod = incident::pod_of(incident.identity, incident.cgroup_path);
    if (wide == Wide::kPod && (!incident.key.container || !pod.known()))
        return not_widened(wide, incident, approval, incident.key.container ? "of which pod the container is is not known" : "not possible on a host subject", responder);
    auto shared = std::make_shared<control::Responder>(std::move(responder));
    // who containers are is asked by policies, too: what may read for seconds has a thread of its own
    auto& worker = wide == Wide::kPod ? *namer_ : *searcher_;
    auto submitted = worker.submit([this, wide, pod, incident] { return wide == Wide::kPod ? find_pod(pod, incident.key.container) : find_same(incident); },
                                    [this, wide, id = incident.id, approval, peer, shared, then](Result<JointFound> found) {
                                        const auto* first = store_.find(id);
                                        if (!first) return shared->error("io.quell.NoSuchIncident", {{"id", id_text(id)}});
                                        if (!found) return not_widened(wide, *first, approval, found.error().message, *shared);
                                        then(*first, joined(std::move(*found), *first, peer), std::move(*shared));
                                    });
    if (!submitted) shared->fail("too much is being looked up at once: try again");
}

JointAsked Daemon::joined(JointFound found, const incident::Incident& first, const control::Peer& peer) {
    auto joint = std::make_shared<approval::Joint>();
    joint->what = std::move(found.what);
    joint->name = std::move(found.name);
    joint->unseen = std::move(found.unseen);
    for (const auto& one : found.others) joint->others.push_back(drafted(one, first));
    joint->bind = [this, peer, first = first.id](const incident::Incident& one) -> Result<std::uint64_t> {
        const auto* head = store_.find(first);
        ManualRequest wanted{static_cast<quell_response>(__builtin_ctz(one.entry.offers)), "", "asked for with " + id_text(first), peer};
        wanted.part_of = first;
        if (head) wanted.severity = head->rule.severity;
        auto made = bind_found(found_of(one), wanted);
        if (!made) return made.error();
        return (*made)->id;
    };
    return {std::move(joint), std::move(found.seen)};
}

// Which response it is about is known to who asks.
std::shared_ptr<approval::Joint> JointAsked::of(quell_response response) const {
    auto made = std::make_shared<approval::Joint>(*joint);
    for (auto& other : made->others) other.entry.offers = QUELL_BIT(response);
    return made;
}

void Daemon::approve_wide(Wide wide, std::uint64_t id, approval::Request request, const std::string& digest, const std::string& word, const control::Peer& peer, control::Responder responder) {
    const auto* incident = store_.find(id);
    if (!incident) return responder.error("io.quell.NoSuchIncident", {{"id", id_text(id)}});
    if (!can_be_wide(wide, request.response)) return not_widened(wide, *incident, request, word + " has none", responder);
    widen(wide, *incident, request, peer, std::move(responder), [this, wide, request, digest, word](const incident::Incident& first, const JointAsked& asked, control::Responder answer) mutable {
        auto joint = asked.of(request.response);
        if (const auto shown = shown_.find(digest); shown != shown_.end()) joint->changed = changes_text(shown->second, shown_of(*joint));
        request.joint = joint;
        if (wide == Wide::kInstances) return approve_now(first.id, request, digest, std::move(answer));
        approve_now(first.id, request, digest, std::move(answer), [this, first = first.id, pod = incident::pod_of(first.identity, first.cgroup_path), seen = asked.seen] { pods_->follow(first, pod, seen); });
    });
}

void Daemon::preview_wide(Wide wide, const incident::Incident& incident, const std::string& word, const approval::Request& request, const control::Peer& peer, control::Responder responder) {
    widen(wide, incident, std::nullopt, peer, std::move(responder), [this, wide, word, request](const incident::Incident& first, const JointAsked& asked, control::Responder answer) {
        const auto said = as_said(first);
        const bool alive = said.key.container && engine_->container(said.key.container);
        incident::EngineView kernel(*engine_);
        auto list = Json::array();
        for (const auto response : said.rule.offers)
            if (response < QUELL_RESPONSE_COUNT && can_be_wide(wide, response) && (word.empty() || word == word_at(kResponseWords, response)))
                list.push_back(preview_joint(said, asked.of(static_cast<quell_response>(response)), static_cast<quell_response>(response), alive, request));
        if (list.empty()) return answer.error("io.quell.NotOffered", {{"response", word.empty() ? wide_word(wide) : escape(word)}, {"reason", "the rule offers nothing that has " + wide_word(wide)}});
        answer.reply({{"incident", incident::summary_json(said, alive)}, {"previews", list}});
    });
}

Json Daemon::preview_joint(const incident::Incident& said, const std::shared_ptr<approval::Joint>& joint, quell_response response, bool alive, approval::Request request) {
    incident::EngineView kernel(*engine_);
    auto offer = incident::offer(kernel, said, response, true);
    if (offer.available) decisions_->join(said, *joint, offer);
    request.joint = joint;
    auto json = incident::preview_json(said, offer, alive, offer.available ? decisions_->needs(said, response, request) : std::vector<std::string>{});
    if (offer.available) json["asks"] = asks_json(decisions_->asks(said, offer, request));
    json["parts"] = Json::array();
    for (const auto& other : joint->others) {
        const auto one = incident::preview_json(other, incident::offer(kernel, other, response, true), true, {});
        Json part = {{"offer", one["offer"]}, {"files", one["files"]}};
        if (one.contains("container")) part["container"] = one["container"];
        json["parts"].push_back(std::move(part));
    }
    if (!joint->unseen.empty()) json["unseen"] = joint->unseen;
    if (offer.available) {
        if (shown_.size() >= kShownMax) shown_.clear();
        shown_[offer.digest] = shown_of(*joint);
        decisions_->shown().add(said, offer, joint->what);
    }
    return json;
}

Json Daemon::parts_json(const std::vector<std::uint64_t>& parts) {
    auto list = Json::array();
    for (const auto id : parts) {
        const auto* one = store_.find(id);
        if (!one) continue;
        const auto said = as_said(*one);
        Json part = {{"id", id_text(id)}, {"subject", shown_text(said)}, {"state", word_at(kStateWords, said.state)},
                     {"ok", said.state == QUELL_STATE_ENFORCING || said.state == QUELL_STATE_DONE || said.state == QUELL_STATE_UNDONE}};
        if (!said.note.empty()) part["note"] = escape(said.note);
        list.push_back(std::move(part));
    }
    return list;
}

}  // namespace quell::daemon
