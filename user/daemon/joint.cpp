// SPDX-License-Identifier: Apache-2.0
// Approve and Preview of more than the incident: the others are looked for on
// a worker, then it is one offer, one digest and one approval.
#include <algorithm>
#include <cstring>

#include "user/approval/joint.h"
#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/base/vocabulary.h"
#include "user/control/varlink.h"
#include "user/daemon/daemon.h"
#include "user/daemon/instances.h"
#include "user/daemon/joint_places.h"
#include "user/incident/describe.h"
#include "user/incident/engine_view.h"
#include "user/incident/executable.h"
#include "user/incident/preview.h"
#include "user/response/places.h"

namespace quell::daemon {
namespace {

using control::Json;

constexpr std::size_t kShownMax = 256;   // previews that are remembered, to say what changed
constexpr std::size_t kChangesMax = 8;   // that are named

std::string wide_word(Wide wide) { return wide == Wide::kPod ? "scope pod" : "instances of its file"; }

// "": it can be. docs/design/044
std::string why_not_wide(Wide wide, quell_u32 response, const incident::Incident& incident) {
    const std::string word(word_at(kResponseWords, response));
    const bool is_possible = has_word(kResponseScopes, response, wide == Wide::kPod ? "pod" : "instances");
    if (!is_possible) {
        if (wide == Wide::kInstances) return word + " has none: it is of quarantine-file and deny-exec";
        if (response == QUELL_RESPONSE_KILL_PROCESS) return "kill-process is about one process and its descendants; kill-container has it";
        return word + " is about one file; quarantine-file has --all-instances";
    }
    if (wide == Wide::kPod && response == QUELL_RESPONSE_DENY_EXEC && (incident.entry.object_flags & QUELL_OBJECT_OWN))
        return "it is the container's own file, which deny-exec denies to whoever reaches it: without a scope it is as wide";
    return {};
}

// The same file, which all of them may have mounted.
void share_file(incident::Incident& other, const incident::Incident& first) {
    other.entry.file = first.entry.file;
    other.entry.upper_root = first.entry.upper_root;
    other.entry.inode = first.entry.inode;
    other.entry.device = first.entry.device;
    other.entry.overlay_device = first.entry.overlay_device;
    other.entry.object_flags = first.entry.object_flags;
    std::copy(std::begin(first.entry.name), std::end(first.entry.name), std::begin(other.entry.name));
    other.device = first.device;
    other.inode = first.inode;
    other.path = first.path;
    other.exe = first.exe;
}

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

bool is_same_file(const incident::Incident& one, const incident::Incident& other) { return std::memcmp(&one.entry.file, &other.entry.file, sizeof(one.entry.file)) == 0; }

// A quarantine is everybody's: of a file that several containers share it is one. What has the response by another incident keeps it.
void leave_out(approval::Joint& joint, const incident::KernelView& kernel, quell_response response, const incident::Incident& first) {
    const bool is_denial = response == QUELL_RESPONSE_DENY_EXEC;
    std::vector<incident::Incident> left;
    std::size_t held = 0;
    for (auto& other : joint.others) {
        const auto is_other = [&](const incident::Incident& one) { return is_same_file(one, other); };
        if (!is_denial && (is_other(first) || std::ranges::any_of(left, is_other))) continue;
        if (is_denial ? kernel.exec_denied_by(incident::executable_of(other.key, other.entry)) : kernel.quarantined_by(other.entry.file)) held++;
        else left.push_back(std::move(other));
    }
    joint.others = std::move(left);
    if (!held) return;
    joint.unseen += (joint.unseen.empty() ? "" : "; ") + std::to_string(held) + (held == 1 ? " instance is " : " instances are ") + (is_denial ? "denied" : "quarantined") + " already, and " +
                    (held == 1 ? "stays so" : "stay so");
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
                                        then(*first, joined(wide, std::move(*found), *first, peer), std::move(*shared));
                                    });
    if (!submitted) shared->fail("too much is being looked up at once: try again");
}

JointAsked Daemon::joined(Wide wide, JointFound found, const incident::Incident& first, const control::Peer& peer) {
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
    return {wide, std::move(joint), std::move(found.seen), std::make_shared<const incident::Incident>(first)};
}

// Which response it is about is known to who asks.
std::shared_ptr<approval::Joint> JointAsked::of(const incident::KernelView& kernel, quell_response response) const {
    auto made = std::make_shared<approval::Joint>(*joint);
    if (wide == Wide::kInstances) leave_out(*made, kernel, response, *first);
    for (auto& other : made->others) {
        other.entry.offers = QUELL_BIT(response);
        if (wide == Wide::kPod && response == QUELL_RESPONSE_DENY_EXEC) share_file(other, *first);
    }
    return made;
}

void Daemon::approve_wide(Wide wide, std::uint64_t id, approval::Request request, const std::vector<std::string>& below, const std::string& digest, const std::string& word, const control::Peer& peer,
                          control::Responder responder) {
    const auto* incident = store_.find(id);
    if (!incident) return responder.error("io.quell.NoSuchIncident", {{"id", id_text(id)}});
    if (const auto why = why_not_wide(wide, request.response, *incident); !why.empty()) return not_widened(wide, *incident, request, why, responder);
    if (!below.empty() && request.response != QUELL_RESPONSE_DENY_WRITE) return not_widened(wide, *incident, request, word + " is about no place: that is deny-write", responder);
    if (request.response == QUELL_RESPONSE_DENY_WRITE)
        if (const auto wrong = below.empty() ? "of a pod it takes --below: the directory of the object is that of one container" : response::misnamed_places(below); !wrong.empty())
            return not_widened(wide, *incident, request, wrong, responder);
    widen(wide, *incident, request, peer, std::move(responder), [this, wide, request, digest, below](const incident::Incident& first, const JointAsked& asked, control::Responder answer) mutable {
        auto joint = asked.of(incident::EngineView(*engine_), request.response);
        if (const auto shown = shown_.find(digest); shown != shown_.end()) joint->changed = changes_text(shown->second, shown_of(*joint));
        request.joint = joint;
        if (wide == Wide::kInstances) return approve_now(first.id, request, digest, std::move(answer));
        std::function<void()> contained = [this, first = first.id, pod = incident::pod_of(first.identity, first.cgroup_path), seen = asked.seen] { pods_->follow(first, pod, seen); };
        if (!below.empty()) return approve_places(first, joint, std::move(request), below, digest, std::move(answer), std::move(contained));
        approve_now(first.id, request, digest, std::move(answer), std::move(contained));
    });
}

// One path is another directory in each container: looked for on a worker, in each.
void Daemon::approve_places(const incident::Incident& first, const std::shared_ptr<approval::Joint>& joint, approval::Request request, const std::vector<std::string>& below, const std::string& digest,
                            control::Responder responder, std::function<void()> contained) {
    std::vector<std::uint64_t> containers{first.key.container};
    std::vector<std::string> names{incident::subject_text(first)};
    for (const auto& other : joint->others) {
        containers.push_back(other.key.container);
        names.push_back(incident::subject_text(other));
    }
    auto shared = std::make_shared<control::Responder>(std::move(responder));
    auto submitted = walker_->submit([this, containers, below] { return find_joint_places(*engine_, containers, below); },
                                     [this, id = first.id, names, joint, request = std::move(request), digest, shared, contained = std::move(contained)](const Result<std::vector<approval::JointPlaces>>& found) mutable {
                                         const auto* incident = store_.find(id);
                                         if (!incident) return shared->error("io.quell.NoSuchIncident", {{"id", id_text(id)}});
                                         if (!found) return not_widened(Wide::kPod, *incident, request, found.error().message, *shared);
                                         if (!found->front().places.count) return not_widened(Wide::kPod, *incident, request, "no path of it is in " + names.front() + ", which it was asked for", *shared);
                                         joint->places = *found;
                                         if (const auto text = placeless_text(*found, names); !text.empty()) joint->unseen += (joint->unseen.empty() ? "" : "; ") + text;
                                         request.places = found->front().places;
                                         request.below = found->front().below;
                                         decisions_->approve(id, request.response, digest, request, answer_with_survivors(shared, request.response, std::move(contained)));
                                     });
    if (!submitted) shared->fail("too much is being looked up at once: try again");
}

void Daemon::preview_wide(Wide wide, const incident::Incident& incident, const std::string& word, const approval::Request& request, const control::Peer& peer, control::Responder responder) {
    widen(wide, incident, std::nullopt, peer, std::move(responder), [this, wide, word, request](const incident::Incident& first, const JointAsked& asked, control::Responder answer) {
        const auto said = as_said(first);
        const bool alive = said.key.container && engine_->container(said.key.container);
        incident::EngineView kernel(*engine_);
        auto list = Json::array();
        for (const auto response : said.rule.offers)
            if (response < QUELL_RESPONSE_COUNT && why_not_wide(wide, response, said).empty() && (word.empty() || word == word_at(kResponseWords, response)))
                list.push_back(preview_joint(said, asked.of(kernel, static_cast<quell_response>(response)), static_cast<quell_response>(response), alive, request));
        const auto named = word_index(kResponseWords, word);
        auto why = named ? why_not_wide(wide, *named, said) : std::string();
        if (why.empty()) why = "the rule offers nothing that has " + wide_word(wide);
        if (list.empty()) return answer.error("io.quell.NotOffered", {{"response", word.empty() ? wide_word(wide) : escape(word)}, {"reason", why}});
        answer.reply({{"incident", incident::summary_json(said, alive)}, {"previews", list}});
    });
}

Json Daemon::preview_joint(const incident::Incident& said, const std::shared_ptr<approval::Joint>& joint, quell_response response, bool alive, approval::Request request) {
    incident::EngineView kernel(*engine_);
    auto offer = incident::offer(kernel, said, response, true);
    if (offer.available) decisions_->join(said, *joint, offer);
    tell_follow(said, offer, true);
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
