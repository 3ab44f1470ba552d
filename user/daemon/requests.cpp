// SPDX-License-Identifier: Apache-2.0
// The method Request of io.quell: an incident that somebody asks for.
#include <algorithm>
#include <cerrno>

#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/control/varlink.h"
#include "user/daemon/daemon.h"
#include "user/daemon/requested.h"
#include "user/incident/describe.h"
#include "user/response/response.h"

namespace quell::daemon {
namespace {

using control::Json;

constexpr std::size_t kNameMax = 4096;  // of a container's name or a path

ManualTarget target_of(const Json& params) {
    ManualTarget target;
    target.container = control::string_member(params, "container");
    target.path = control::string_member(params, "path");
    target.pod = control::string_member(params, "pod");
    target.pid = static_cast<std::uint32_t>(std::clamp<std::int64_t>(control::integer_member(params, "pid"), 0, INT32_MAX));
    return target;
}

// What is wrong with how the target is named, "" nothing.
std::string misnamed(const ManualTarget& target, const std::string& from) {
    const int ways = (target.pid ? 1 : 0) + (from.empty() ? 0 : 1) + (target.pod.empty() ? 0 : 1) + (target.path.empty() && target.container.empty() ? 0 : 1);
    if (ways != 1) return "exactly one of container, pod, pid, path and from says what is meant";
    if (target.container.size() > kNameMax || target.path.size() > kNameMax || target.pod.size() > kNameMax) return "the name is too long";
    const auto has_nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
    return has_nul(target.container) || has_nul(target.path) ? "the name holds a NUL" : "";
}

// Of an incident that is over: what it had bound. Its marks are on the tasks still.
Result<ManualFound> found_again(const incident::Incident& incident) {
    const auto state = incident.state;
    if (incident.waits() || incident.holds()) return Error{"it is not over: approve or undo it", EBUSY, {}};
    const bool was_looked_at = response::takes_evidence(incident.entry.response);  // nothing was done to it
    if (!was_looked_at && (state == QUELL_STATE_DONE || (state == QUELL_STATE_FAILED && incident.entry.approved_ns)))
        return Error{"it was carried out: there is nothing to ask for again", EBUSY, {}};
    if (incident.earlier_boot_offset_ns) return Error{"it is of an earlier boot: nothing that it had bound is there any more", ESRCH, {}};
    return found_of(incident);
}

// Of what is about a container: the host has none to name, and is no wider one (docs/design/045).
bool is_of_container(quell_response response) {
    return response == QUELL_RESPONSE_KILL_CONTAINER || response == QUELL_RESPONSE_STOP_CONTAINER || response == QUELL_RESPONSE_PAUSE_CONTAINER ||
           response == QUELL_RESPONSE_ISOLATE_NETWORK || response == QUELL_RESPONSE_DENY_WRITE;
}

std::string host_text(quell_response response) {
    const std::string word(word_at(kResponseWords, response));
    return word + " is of a container or a pod, and what was named is in none; on the host there are kill-process, deny-exec and quarantine-file";
}

std::string refusal_text(int error, std::uint64_t container, quell_response response) {
    if (error == EOPNOTSUPP && !container && is_of_container(response)) return host_text(response);
    return request_refusal_text(error);
}

}  // namespace

ManualFound found_of(const incident::Incident& incident) {
    ManualFound found;
    found.container = incident.key.container;
    found.entry = incident.entry;
    found.path = incident.path;
    found.exe = incident.exe;
    found.arguments = incident.arguments;
    found.container_id = incident.container_id;
    found.cgroup_path = incident.cgroup_path;
    found.runtime = incident.runtime;
    found.identity = incident.identity;
    return found;
}

void Daemon::request(const Json& params, const control::Peer& peer, control::Responder responder) {
    const auto word = control::string_member(params, "response");
    const auto response = word_index(kResponseWords, word);
    if (!response) return responder.error("io.quell.NotOffered", {{"response", escape_cut(word, 64)}, {"reason", "there is no such response"}});
    if (!(config_.responses & QUELL_BIT(*response)))
        return responder.error("io.quell.NotOffered", {{"response", word}, {"reason", "switched off in /etc/quell/quell.yaml"}});
    if (const auto terms = terms_of(params, static_cast<quell_response>(*response)); !terms)
        return responder.error("io.quell.NotOffered", {{"response", word}, {"reason", terms.error().message}});
    if (const auto beside = beside_of(params, static_cast<quell_response>(*response)); !beside)
        return responder.error("io.quell.NotOffered", {{"response", word}, {"reason", beside.error().message}});
    if (control::true_member(params, "kill_holders") && *response != QUELL_RESPONSE_QUARANTINE_FILE)
        return responder.error("io.quell.NotOffered", {{"response", word}, {"reason", "only quarantine-file has holders to kill"}});
    if (const Json& follow = control::member(params, "follow_s"); follow.is_number_integer()) {
        const auto follow_s = follow.get<std::int64_t>();
        if (follow_s < 1 || follow_s > static_cast<std::int64_t>(incident::kFollowMaxNs / 1'000'000'000))
            return responder.error(control::errors::kInvalidParameter, {{"parameter", "follow_s"}});
        if (!response::response(static_cast<quell_response>(*response)).follows())
            return responder.error("io.quell.NotOffered", {{"response", word}, {"reason", "it follows no workload"}});
    }
    const auto from = control::string_member(params, "from");
    const auto target = target_of(params);
    if (const auto wrong = misnamed(target, from); !wrong.empty()) return responder.error("io.quell.NoSuchTarget", {{"reason", wrong}});
    ManualRequest wanted{static_cast<quell_response>(*response), control::string_member(params, "reason"), {}, peer};
    if (!from.empty()) {
        const auto* incident = incident_of({{"id", from}}, responder);
        if (!incident) return;
        wanted.note = "asked for again after " + id_text(incident->id);
        return request_found(found_again(*incident), wanted, responder);
    }
    wanted.by_process = target.pid && is_of_container(wanted.response);
    if (wanted.by_process) wanted.note = "asked for by process " + std::to_string(target.pid) + ": the container that it is in is meant, as a whole";
    auto shared = std::make_shared<control::Responder>(std::move(responder));
    // who a container is is read of the host; what names a path, or a process whose executable lies anywhere, is walked to
    auto& worker = target.path.empty() && !target.pid ? *namer_ : *walker_;
    auto submitted = worker.submit([this, target, identities = identities_] { return find_manual_target(*engine_, *identities, target); },
                                   [this, wanted, shared](const Result<ManualFound>& found) { request_found(found, wanted, *shared); });
    if (!submitted) shared->fail("too much is being looked up at once: try again");
}

void Daemon::request_found(const Result<ManualFound>& found, const ManualRequest& wanted, control::Responder& responder) {
    if (!found && found.error().code == EACCES) return responder.error("io.quell.NotAllowed", {{"reason", found.error().message}});
    if (!found) return responder.error("io.quell.NoSuchTarget", {{"reason", found.error().message}});
    const auto made = bind_found(*found, wanted);
    if (made) return responder.reply({{"incident", incident_json(**made)}});
    const std::string why = made.error().message;
    switch (made.error().code) {
        case EIO: return responder.fail(why);
        case ENOENT: return responder.error("io.quell.NoSuchTarget", {{"reason", why}});
        case EACCES: return responder.error("io.quell.NotAllowed", {{"reason", why}});
        default: return responder.error("io.quell.NotOffered", {{"response", word_at(kResponseWords, wanted.response)}, {"reason", why}});
    }
}

Result<incident::Incident*> Daemon::bind_found(const ManualFound& found, const ManualRequest& wanted) {
    quell_request request{};
    request.key.container = found.container;
    request.entry = found.entry;
    request.entry.offers = QUELL_BIT(wanted.response);
    request.entry.deadline_ns = kRequestTermNs;
    request.entry.severity = wanted.severity;
    request.entry.part_of = wanted.part_of;  // a daemon that dies before the disk has it leaves it there
    auto made = engine_->request(request);
    if (!made) return Error{made.error().message, EIO, {}};
    history::Entry entry;
    entry.row.who = who_of(wanted.peer);
    entry.row.reason = wanted.reason;
    entry.row.response = word_at(kResponseWords, wanted.response);
    if (made->error) {
        const std::string why = refusal_text(-made->error, found.container, wanted.response);
        entry.row.action = history::Action::REFUSED;
        entry.row.subject = found.container ? "container " + escape(found.container_id.substr(0, 12)) : "host";
        entry.row.result = why;
        history_->append(std::move(entry));
        return Error{why, made->error == -ENOENT || made->error == -EIO ? EINVAL : -made->error, {}};
    }
    const auto pending = engine_->find(made->key);
    if (!pending) return Error{"its target vanished in this moment", ENOENT, {}};
    auto& incident = adopt_requested(store_, {made->key, *pending}, found, wanted.response);
    incident.note = wanted.note;
    incident.rule.severity = wanted.severity;
    incident.part_of = wanted.part_of;
    entry.row.action = history::Action::REQUESTED;
    entry.row.incident = incident.id;
    entry.row.generation = incident.entry.generation;
    entry.row.subject = incident::subject_text(incident);
    entry.row.result = wanted.part_of || wanted.by_process ? wanted.note : "asked for, without an event";
    entry.snapshot = history::Snapshot{incident.id, std::string(word_at(kStateWords, incident.state)), incident.rule.rule, incident::snapshot_text(incident)};
    history_->append(std::move(entry));
    decisions_->prepare(incident);
    return &incident;
}

}  // namespace quell::daemon
