// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/follower.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/base/id.h"
#include "user/base/log.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/response/response.h"

namespace quell::daemon {

using incident::Followed;
using incident::Incident;

namespace {

constexpr std::uint64_t kFollowLookNs = 5'000'000'000;  // all containers, for those whose telling was lost
constexpr unsigned kFollowLooks = 8;                    // at one that is not known, or could not be contained
constexpr std::uint64_t kFollowPauseNs = 500'000'000;

// It waits for a decision on that file; of other responses the container is all that it is about.
bool is_about(const Incident& one, quell_response response, const ManualFound& found) {
    return response != QUELL_RESPONSE_DENY_EXEC || !std::memcmp(&one.entry.file, &found.entry.file, sizeof(found.entry.file));
}

}  // namespace

void Follower::load() {
    const auto text = read_file(parts_.path, incident::kFollowedBytesMax);
    if (!text && text.error().code == ENOENT) return;
    if (!text || !table_.read(*text, boot_id(), boottime_ns(), wall_ns())) {
        const std::string why = "what was followed is followed no longer: " + (text ? parts_.path + " is not what quelld kept" : text.error().message);
        log::error(why);
        history::Row lost;
        lost.action = history::Action::ENGINE_WARNING;
        lost.subject = "quelld";
        lost.result = escape(why);
        return row(nullptr, std::move(lost));
    }
    changed();
}

void Follower::adopt() {
    for (const auto& one : table_.all()) {
        if (!parts_.store.find(one.incident)) parts_.store.remember(incident::remembered(one));
        parts_.store.keep(one.incident);
    }
    bool rejoined = false;
    for (const auto* one : parts_.store.list(true))
        if (is_in_force(*one)) rejoined = table_.rejoin(*one) || rejoined;
    if (rejoined) changed();
    reconcile();
}

std::string Follower::may_follow(const Incident& incident, const approval::Request& request) const {
    if (!response::response(request.response).follows()) return std::string(word_at(kResponseWords, request.response)) + " follows no workload";
    if (!incident.key.container) return "the host is no workload that comes back";
    const auto one = drafted(incident, request);
    if (!one) return one.error().message;
    if (!table_.has_room(*one)) return std::to_string(incident::kFollowedMax) + " workloads are followed already: undo one of them";
    return {};
}

Result<Followed> Follower::drafted(const Incident& incident, const approval::Request& request) const {
    auto workload = incident::workload_of(incident.runtime, incident.identity);
    if (!workload) return workload.error();
    Followed one;
    one.incident = incident.id;
    one.workload = *std::move(workload);
    one.response = request.response;
    one.terms = request.terms;
    one.reason = request.reason;
    one.severity = incident.rule.severity;
    one.over_guards = request.over_guards;
    one.until_ns = boottime_ns() + request.follow_ns;
    one.until_wall_ns = wall_from_boottime(one.until_ns);
    if (!incident::goes_by_path(one.response)) return one;
    one.paths = request.paths;
    if (one.paths.empty()) {
        auto paths = incident::paths_of_object(incident, one.response);
        if (!paths) return paths.error();
        if (one.response == QUELL_RESPONSE_DENY_EXEC && (incident.entry.object_flags & QUELL_OBJECT_ACTOR)) return Error{"whether its path leads to it was not looked at", EINVAL, {}};
        one.paths = *std::move(paths);
    }
    if (const auto why = incident::unfit_paths(one.paths); !why.empty()) return Error{why, EINVAL, {}};
    one.executable = incident.entry.file;
    one.places = request.places;
    one.is_alone = one.response == QUELL_RESPONSE_DENY_WRITE && !one.places.count;
    if (one.is_alone) one.places.at[one.places.count++] = incident.entry.place;
    return one;
}

std::string Follower::follow(const Incident& incident, const approval::Request& request) {
    auto draft = drafted(incident, request);
    if (!draft) return "it is not followed: " + draft.error().message;  // it was asked for right before: may_follow()
    auto& one = *draft;
    one.who = request.named(request.who);
    one.snapshot = incident::snapshot_text(incident);
    const auto by = one.paths.empty() ? "" : ", by " + incident::paths_text(one.paths);
    parts_.store.keep(incident.id);
    if (const auto replaced = table_.add(std::move(one))) {
        parts_.store.keep_no_more(replaced->incident);
        history::Row ended;
        ended.action = history::Action::FOLLOW_ENDED;
        ended.incident = replaced->incident;
        ended.response = word_at(kResponseWords, replaced->response);
        ended.result = "the approval of incident " + id_text(incident.id) + " follows " + incident::workload_text(replaced->workload) + " from here on";
        row(parts_.store.find(replaced->incident), std::move(ended));
    }
    changed();
    seen_.clear();       // one that was looked at before may be it
    reconciled_ns_ = 0;  // by the next tick: the sweep comes first
    return "it follows its workload for " + duration_text(static_cast<std::int64_t>(request.follow_ns)) + by;
}

void Follower::noticed(std::uint64_t container, bool has_begun, std::uint64_t time_ns) {
    if (table_.empty()) return;
    auto& seen = seen_[container];
    if (has_begun) seen.begun_ns = time_ns;
    seen.looks = 0;
    if (seen.is_asked) seen.is_seen_again = true;
    else if (!seen.is_settled) look(container, seen);
}

void Follower::look(std::uint64_t container, Seen& seen) {
    seen.looks++;
    seen.next_ns = boottime_ns() + (kFollowPauseNs << seen.looks);
    auto submitted = parts_.namer.submit([this, container, identities = parts_.identities] { return find_newcomer(parts_.engine, *identities, container); },
                                         [this, container](const Result<ManualFound>& found) { looked(container, found); });
    seen.is_asked = static_cast<bool>(submitted);  // else the next tick tries again
}

void Follower::looked(std::uint64_t container, const Result<ManualFound>& found) {
    const auto at = seen_.find(container);
    if (at == seen_.end()) return;
    at->second.is_asked = false;
    const bool again = std::exchange(at->second.is_seen_again, false);
    if (found) meet(*found, {}, [](const Met&) {});
    // meeting it changes no map of these
    if (again && !at->second.is_settled) look(container, at->second);
}

void Follower::starts(ToldContainer told, std::function<void(const Met&)> answer) {
    if (table_.empty()) return answer({});
    auto shared = std::make_shared<std::function<void(const Met&)>>(std::move(answer));
    const response::Starting starting{told.pid, told.root};
    auto submitted = parts_.namer.submit([this, told = std::move(told), identities = parts_.identities] { return find_newcomer(parts_.engine, *identities, told); },
                                         [this, shared, starting](const Result<ManualFound>& found) {
                                             if (!found) return (*shared)({false, false, {}, found.error().message});
                                             seen_[found->container].is_hooked = true;
                                             meet(*found, starting, *shared);
                                         });
    // what cannot be looked at now may be one that is followed
    if (!submitted) (*shared)({true, false, {}, "too much is being looked up at once"});
}

void Follower::meet(const ManualFound& found, const response::Starting& starting, std::function<void(const Met&)> answer) {
    const auto workload = incident::workload_of(found.runtime, found.identity);
    if (!workload) return answer({false, false, {}, workload.error().message});  // it may be known later
    auto& seen = seen_[found.container];
    seen.is_settled = true;  // until it turns out that it is not contained
    std::vector<std::uint64_t> all;
    for (const auto* one : table_.of(*workload)) all.push_back(one->incident);
    if (all.empty()) {
        tell_alike(found, *workload, seen);
        return answer({});
    }
    struct Gathered {
        std::size_t left;
        Met met;
    };
    auto gathered = std::make_shared<Gathered>(Gathered{all.size(), {true, true, {}, {}}});
    for (const auto followed : all)
        contain(found, starting, followed, [gathered, answer](std::uint64_t id, bool is_contained, const std::string& text) {
            if (id) gathered->met.incidents.push_back(id);
            gathered->met.contained &= is_contained;
            gathered->met.text += (gathered->met.text.empty() ? "" : "; ") + text;
            if (--gathered->left == 0) answer(gathered->met);
        });
}

Incident* Follower::holder(std::uint64_t container, const Followed& followed) {
    const bool is_any = followed.response != QUELL_RESPONSE_DENY_EXEC;  // of the others a container has one
    for (const bool all : {false, true})  // one that failed goes on refusing, and is over
        for (auto* one : parts_.store.list(all))
            if (one->key.container == container && one->entry.response == followed.response && is_in_force(*one) && (is_any || table_.find(one->id) == &followed)) return one;
    return nullptr;
}

void Follower::contain(const ManualFound& found, const response::Starting& starting, std::uint64_t id, Told told) {
    auto* followed = table_.find(id);
    if (!followed) return told(0, false, "it is followed no longer");
    seen_[found.container].follows = id;
    for (auto& [number, work] : work_)
        if (work.container == found.container && work.response == followed->response && (work.response != QUELL_RESPONSE_DENY_EXEC || work.followed == id))
            return work.told.push_back(std::move(told));
    const auto* held = holder(found.container, *followed);
    if (held && followed->response == QUELL_RESPONSE_DENY_WRITE && table_.find(held->id) != followed) {  // a container has one
        const auto why = "its writes are denied by incident " + id_text(held->id) + " already, below other places perhaps";
        tell_uncontained(found.container, *followed, why);
        seen_[found.container].is_settled = false;
        return told(held->id, false, why);
    }
    if (held)
        return told(held->id, held->state == QUELL_STATE_ENFORCING, "incident " + id_text(held->id) + " is " + std::string(word_at(kStateWords, held->state)) + " on it");
    if (incident::goes_by_path(followed->response)) return seek(found, starting, *followed, std::move(told));
    approve({found, {}, {}, {}}, *followed, std::move(told));
}

void Follower::approve(const FoundAgain& again, Followed& followed, Told told) {
    const auto& found = again.found;
    // one that was asked for, and could not be approved
    Incident* incident = nullptr;
    for (const auto number : followed.came_back)
        if (auto* one = parts_.store.find(number); one && one->key.container == found.container && one->waits() && is_about(*one, followed.response, found)) incident = one;
    if (!incident) {
        const auto asked = ask(found, followed);
        if (!asked) {
            tell_uncontained(found.container, followed, asked.error().message);
            if (asked.error().code != EACCES && asked.error().code != EOPNOTSUPP) seen_[found.container].is_settled = false;
            return told(0, false, asked.error().message);
        }
        incident = *asked;
        followed.add_came_back(incident->id);
        changed();
    }
    work_[incident->id] = {found.container, followed.incident, followed.response, {std::move(told)}, {}, again.text};
    parts_.decisions.prepare(*incident);
    approval::Request request;
    request.who = followed.who;
    request.reason = followed.reason;
    request.received_ns = boottime_ns();
    request.response = followed.response;
    request.terms = followed.terms;
    request.places = again.places;
    request.below = again.below;
    request.follows = followed.incident;
    request.over_guards = followed.over_guards;
    request.detail = incident::Json{{"follows", id_text(followed.incident)}}.dump();
    parts_.decisions.approve(incident->id, followed.response, {}, request, [this](const approval::Answer& answer) { contained(answer.incident, answer); });
}

void Follower::row(const Incident* incident, history::Row row) {
    history::Entry entry;
    entry.row = std::move(row);
    if (incident) {
        entry.row.incident = incident->id;
        entry.row.generation = incident->entry.generation;
        entry.row.subject = incident::subject_text(*incident);
        entry.snapshot = history::Snapshot{incident->id, std::string(word_at(kStateWords, incident->state)), incident->rule.rule, incident::snapshot_text(*incident)};
    }
    parts_.history.append(std::move(entry));
}

void Follower::end(std::uint64_t followed, const std::string& why, const approval::Request* request) {
    const auto ended = table_.remove(followed);
    if (!ended) return;
    history::Row last;
    last.action = history::Action::FOLLOW_ENDED;
    last.incident = followed;
    last.subject = incident::workload_text(ended->workload);
    last.response = word_at(kResponseWords, ended->response);
    last.result = why + "; it came back " + std::to_string(ended->times) + " times";
    if (request) {
        last.who = request->named(request->who);
        last.reason = request->reason;
    }
    row(parts_.store.find(followed), std::move(last));
    parts_.store.keep_no_more(followed);
    changed();
}

void Follower::tick() {
    if (is_unsaved_) save();
    const auto now = boottime_ns();
    while (const auto* ended = table_.ended(now)) end(ended->incident, "its term has ended: what is contained stays so until it is undone", nullptr);
    if (table_.empty()) return seen_.clear();
    if (now - reconciled_ns_ >= kFollowLookNs) reconcile();
    for (auto& [container, seen] : seen_)
        if (!seen.is_asked && !seen.is_settled && seen.looks < kFollowLooks && now >= seen.next_ns) look(container, seen);
}

// The kernel side is the truth about which there are: a notice may have found no room in the ring.
void Follower::reconcile() {
    reconciled_ns_ = boottime_ns();
    if (table_.empty()) return;
    std::map<std::uint64_t, Seen> all;
    for (const auto& [cgroup, container] : parts_.engine.containers()) {
        auto node = seen_.extract(cgroup);
        if (node.empty()) all[cgroup];
        else all.insert(std::move(node));
    }
    seen_ = std::move(all);
    for (auto& [container, seen] : seen_)
        if (!seen.is_asked && !seen.looks) look(container, seen);
}

void Follower::changed() {
    parts_.engine.globals().followed = table_.all().size();
    parts_.decisions.keep_armed(table_.responses());
    save();
}

// In their order: the disk's worker is one thread.
void Follower::save() {
    const auto done = [this](const Status& saved) {
        if (!saved) is_unsaved_ = true;
        parts_.warn(saved ? "" : "what is followed could not be written, and is lost when the daemon ends: " + saved.error().message);
    };
    is_unsaved_ = false;
    auto submitted = parts_.disk.submit([path = parts_.path, text = table_.text(boot_id())] { return write_file_atomic(path, text, 0600); }, done);
    if (!submitted) done(submitted);
}

}  // namespace quell::daemon
