// SPDX-License-Identifier: Apache-2.0
#include "user/incident/offers.h"

#include <algorithm>
#include <cstring>

#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/incident/digest.h"
#include "user/incident/executable.h"

namespace quell::incident {
namespace {

constexpr const char* kProtectedSubject = "protected: Quell, a container runtime or PID 1 is among those it would hit";

void take_back(Offer& offer, const char* reason) {
    offer.available = false;
    offer.reason = reason;
    offer.target_text.clear();
    offer.warning.clear();
}

// An attacker who forks must not hold up the daemon: after so many it is only counted.
void list_hits(const KernelView& kernel, const Result<std::vector<quell_task_ref>>& tasks, Offer& offer) {
    if (!tasks) return;
    std::vector<quell_task_ref> listed;
    std::size_t looked_at = 0;
    for (const auto& task : *tasks) {
        if (task.pid <= 1 || task.pid == kernel.self_pid()) return take_back(offer, kProtectedSubject);
        if (looked_at < kLookedAtMax && (looked_at++, !kernel.is_alive(task))) continue;
        offer.would_hit_count++;
        if (listed.size() < kListedMax) listed.push_back(task);
    }
    offer.would_hit = std::move(listed);
}

void whole_container(KernelView& kernel, const Incident& incident, Offer& offer, bool listed) {
    const auto cgroup = incident.key.container;
    const auto container = kernel.container(cgroup);
    if (!container) return take_back(offer, "the container is gone");
    if (cgroup == kernel.self_container() || (container->flags & QUELL_CONTAINER_PROTECTED)) return take_back(offer, kProtectedSubject);
    offer.available = true;
    offer.target_text = subject_text(incident);
    if (listed) list_hits(kernel, kernel.tasks(cgroup, 0, nullptr), offer);
}

void pause_container(KernelView& kernel, const Incident& incident, Offer& offer, bool listed) {
    whole_container(kernel, incident, offer, listed);
    if (!offer.available) return;
    offer.warning = "a liveness probe fails while it is frozen, and has it restarted";
    if (const auto container = kernel.container(incident.key.container); container && container->paused) {
        take_back(offer, "");
        offer.reason = "paused already by incident " + id_text(container->paused);
    } else if (kernel.is_frozen(incident.key.container)) {
        take_back(offer, "frozen already, by somebody else: to resume it would be to undo what he did");
    }
}

void stop_container(KernelView& kernel, const Incident& incident, Offer& offer, bool listed) {
    whole_container(kernel, incident, offer, listed);
    if (offer.available) offer.warning = "nothing is refused to it before its time to end in order is over; then it is killed";
}

// What it does not cut is told with it: sockets of unix have no network behind them.
void isolate_network(KernelView& kernel, const Incident& incident, Offer& offer, bool listed) {
    whole_container(kernel, incident, offer, listed);
    if (!offer.available) return;
    if (const auto other = kernel.isolated_by(incident.key.container); other && *other != incident.id) {
        take_back(offer, "");
        offer.reason = "isolated already by incident " + id_text(*other);
        return;
    }
    offer.warning = "every socket is cut but unix ones, which stay, also to outside";
}

// Where its object is, as far as it is known by path; what counts is the directory that was bound then.
std::string place_text(const Incident& incident) {
    if (!incident.entry.place.file.inode) return "what --below names";
    const auto slash = incident.path.rfind('/');
    if (slash == std::string::npos) return "the directory of its object";
    return escape(slash ? incident.path.substr(0, slash) : "/");
}

void deny_write(KernelView& kernel, const Incident& incident, Offer& offer, bool listed) {
    whole_container(kernel, incident, offer, listed);
    if (!offer.available) return;
    if (const auto other = kernel.write_denied_by(incident.key.container); other && *other != incident.id) {
        take_back(offer, "");
        offer.reason = "its writes are denied already by incident " + id_text(*other);
        return;
    }
    offer.target_text += ", below " + place_text(incident);
    offer.warning = "files that it has mapped shared and writable stay writable for it";
}

// The nearest living one that BPF bound: the process itself, else an ancestor inside the subject.
void kill_process(KernelView& kernel, const Incident& incident, Offer& offer, bool listed) {
    const auto count = std::min<quell_u32>(incident.entry.chain_count, QUELL_CHAIN_MAX);
    bool bound = false;
    for (quell_u32 i = 0; i < count; i++) {
        const auto& task = incident.entry.chain[i];
        if (!task.actor || task.pid <= 1 || task.pid == kernel.self_pid()) continue;
        bound = true;
        if (!kernel.is_alive(task)) continue;
        offer.target = i;
        offer.target_text = escape({task.comm, strnlen(task.comm, sizeof(task.comm))}) + " (pid " + std::to_string(task.pid) + ") and its descendants";
        offer.available = true;
        if (listed) list_hits(kernel, kernel.tasks(0, task.actor, &task), offer);
        return;
    }
    if (!bound) return take_back(offer, "protected: who acted is PID 1, the container's init, Quell or a kernel thread");
    take_back(offer, incident.key.container ? "the process has exited and so have its ancestors in the container"
                                            : "the process has exited and so have its ancestors");
}

void quarantine_file(const KernelView& kernel, const Incident& incident, Offer& offer) {
    const auto flags = incident.entry.object_flags;
    if (flags & QUELL_OBJECT_LAST_LINK) return take_back(offer, "its last name was removed: nothing is left to quarantine");
    if (!(flags & QUELL_OBJECT_FILE)) return take_back(offer, "the object is no regular file with a lasting identity");
    if (const auto other = kernel.quarantined_by(incident.entry.file); other && *other != incident.id) {
        take_back(offer, "");
        offer.reason = "quarantined already by incident " + id_text(*other);
        return;
    }
    offer.available = true;
    offer.target_text = escape(incident.path);
}

// It may be found again where nothing can be quarantined any more: its last name was removed, and a process or a lower
// layer has it.
void acquire_file(const Incident& incident, Offer& offer) {
    if (!(incident.entry.object_flags & QUELL_OBJECT_FILE)) return take_back(offer, "the object is no regular file with a lasting identity");
    offer.available = true;
    offer.target_text = escape(incident.path);
}

// Hits nobody: of protected ones, too.
void capture(const KernelView& kernel, const Incident& incident, Offer& offer) {
    offer.target_text = subject_text(incident);
    if (incident.key.container) {
        if (!kernel.container(incident.key.container)) return take_back(offer, "the container is gone");
    } else {
        const auto count = std::min<quell_u32>(incident.entry.chain_count, QUELL_CHAIN_MAX);
        if (!count) return take_back(offer, "there is no process to be captured");
        const auto end = incident.entry.chain + count;
        const auto alive = std::find_if(incident.entry.chain, end, [&](const auto& task) { return kernel.is_alive(task); });
        if (alive == end) return take_back(offer, "the process has exited and so have its ancestors");
        offer.target_text = escape({alive->comm, strnlen(alive->comm, sizeof(alive->comm))}) + " (pid " + std::to_string(alive->pid) + "), its ancestors and its descendants";
    }
    offer.available = true;
}

std::string executable_text(const Incident& incident, bool anyone) {
    const auto& path = executable_path(incident);
    return (path.empty() ? "the executable" : escape(path)) + (anyone ? ", to anyone" : ", in " + subject_text(incident) + " alone");
}

// Nobody is hit: who executes it by then goes on.
void deny_exec(KernelView& kernel, const Incident& incident, Offer& offer, bool listed) {
    const auto flags = incident.entry.object_flags;
    const auto cgroup = incident.key.container;
    if (flags & QUELL_OBJECT_LAST_LINK) return take_back(offer, "its last name was removed: nothing is left to deny");
    if (!(flags & (QUELL_OBJECT_FILE | QUELL_OBJECT_ACTOR))) return take_back(offer, "the object is no regular file with a lasting identity");
    if (cgroup) {
        const auto container = kernel.container(cgroup);
        if (!container) return take_back(offer, "the container is gone");
        if (cgroup == kernel.self_container() || (container->flags & QUELL_CONTAINER_PROTECTED)) return take_back(offer, kProtectedSubject);
    }
    if (kernel.is_vital(incident.entry)) return take_back(offer, kProtectedSubject);
    const auto executable = executable_of(incident.key, incident.entry);
    if (const auto other = kernel.exec_denied_by(executable); other && *other != incident.id) {
        take_back(offer, "");
        offer.reason = "denied already by incident " + id_text(*other);
        return;
    }
    offer.available = true;
    offer.target_text = executable_text(incident, !executable.container);
    offer.warning = "a copy of it is another file";
    if (!listed) return;
    const auto tasks = kernel.executing(executable.file, executable.container);
    if (!tasks) return;
    const auto count = tasks->size();
    offer.warning = (count == 0 ? "no process executes it now" : count == 1 ? "1 process executes it now, and goes on" : std::to_string(count) + " processes execute it now, and go on") +
                    std::string("; ") + offer.warning;
}

// Whatever the target: nothing where there is nothing to decide any more.
bool may_decide(const Incident& incident, Offer& offer) {
    if (!incident.waits())
        offer.reason = "it is " + std::string(word_at(kStateWords, incident.state)) + " already";
    else if (boottime_ns() > incident.entry.deadline_ns)
        offer.reason = "expired";
    return offer.reason.empty();
}

}  // namespace

Offer offer(KernelView& kernel, const Incident& incident, quell_response response, bool listed) {
    Offer made;
    made.response = response;
    const auto bit = QUELL_BIT(response);
    if (!may_decide(incident, made)) return made;
    if (!(kernel.enabled_offers() & bit)) {
        made.reason = "switched off in /etc/quell/quell.yaml";
        return made;
    }
    if (!has_word(kResponseSubjects, response, incident.key.container ? "container" : "host")) {
        made.reason = incident.key.container ? "not possible on a container" : "not possible on a host subject";
        return made;
    }
    switch (response) {
        case QUELL_RESPONSE_KILL_CONTAINER: whole_container(kernel, incident, made, listed); break;
        case QUELL_RESPONSE_PAUSE_CONTAINER: pause_container(kernel, incident, made, listed); break;
        case QUELL_RESPONSE_STOP_CONTAINER: stop_container(kernel, incident, made, listed); break;
        case QUELL_RESPONSE_KILL_PROCESS: kill_process(kernel, incident, made, listed); break;
        case QUELL_RESPONSE_QUARANTINE_FILE: quarantine_file(kernel, incident, made); break;
        case QUELL_RESPONSE_ISOLATE_NETWORK: isolate_network(kernel, incident, made, listed); break;
        case QUELL_RESPONSE_ACQUIRE_FILE: acquire_file(incident, made); break;
        case QUELL_RESPONSE_CAPTURE: capture(kernel, incident, made); break;
        case QUELL_RESPONSE_DENY_WRITE: deny_write(kernel, incident, made, listed); break;
        case QUELL_RESPONSE_DENY_EXEC: deny_exec(kernel, incident, made, listed); break;
        case QUELL_RESPONSE_COUNT: break;
    }
    if (made.available && !(incident.entry.offers & bit)) take_back(made, "not prepared when it happened: it was switched off or protected then");
    if (made.available) made.digest = digest(incident, response, made.target);
    if (!made.available) {
        made.would_hit.reset();
        made.would_hit_count = 0;
    }
    return made;
}

std::vector<Offer> offers(KernelView& kernel, const Incident& incident) {
    std::vector<Offer> list;
    for (const auto response : incident.rule.offers)
        if (response < QUELL_RESPONSE_COUNT) list.push_back(offer(kernel, incident, static_cast<quell_response>(response), true));
    return list;
}

}  // namespace quell::incident
