// SPDX-License-Identifier: Apache-2.0
#include "user/incident/offers.h"

#include <algorithm>

#include "user/base/escape.h"
#include "user/incident/digest.h"
#include "user/response/process.h"

namespace quell::incident {
namespace {

std::string task_text(const quell_task_ref& task) {
    const std::string_view comm(task.comm, strnlen(task.comm, sizeof(task.comm)));
    return escape(comm) + " (" + std::to_string(task.pid) + ")";
}

void hits(Offer& offer, std::vector<quell_task_ref> tasks) {
    std::erase_if(tasks, [](const auto& task) { return !response::is_alive(task); });
    offer.would_hit_count = tasks.size();
    if (tasks.size() > kListedMax) tasks.resize(kListedMax);
    offer.would_hit = std::move(tasks);
}

void kill_container(bpf::Engine& engine, const Incident& incident, Offer& offer, bool listed) {
    if (!incident.key.container) {
        offer.reason = "the host acted: there is no container";
        return;
    }
    if (!engine.container(incident.key.container)) {
        offer.reason = "the container is gone";
        return;
    }
    offer.target_text = subject_text(incident);
    if (!listed) return void(offer.available = true);
    if (auto tasks = engine.tasks(incident.key.container, 0)) hits(offer, std::move(tasks).value());
    offer.available = true;
}

// The nearest living one that BPF bound: the process itself, else an ancestor inside the subject.
void kill_process(bpf::Engine& engine, const Incident& incident, Offer& offer, bool listed) {
    const auto count = std::min<quell_u32>(incident.entry.chain_count, QUELL_CHAIN_MAX);
    for (quell_u32 i = 0; i < count; i++) {
        const auto& task = incident.entry.chain[i];
        if (!task.actor || !response::is_alive(task)) continue;
        offer.target = i;
        offer.target_text = task_text(task);
        offer.available = true;
        if (!listed) return;
        if (auto tasks = engine.tasks(0, task.actor, &task)) hits(offer, std::move(tasks).value());
        return;
    }
    offer.reason = "the process is gone, and no ancestor that may be killed is left inside the subject";
}

void quarantine_file(const Incident& incident, Offer& offer) {
    if (incident.entry.object_flags & QUELL_OBJECT_LAST_LINK) {
        offer.reason = "the file's last name was removed: nothing is left to quarantine";
        return;
    }
    if (!(incident.entry.object_flags & QUELL_OBJECT_FILE)) {
        offer.reason = "the object is no regular file with a lasting identity";
        return;
    }
    offer.target_text = escape(incident.path);
    offer.available = true;
}

}  // namespace

Offer offer(bpf::Engine& engine, const Incident& incident, quell_response response, bool listed) {
    Offer made;
    made.response = response;
    const auto bit = QUELL_BIT(response);
    if (!(engine.globals().enabled_offers & bit)) {
        made.reason = "switched off in /etc/quell/quell.yaml";
        return made;
    }
    switch (response) {
        case QUELL_RESPONSE_KILL_CONTAINER: kill_container(engine, incident, made, listed); break;
        case QUELL_RESPONSE_KILL_PROCESS: kill_process(engine, incident, made, listed); break;
        case QUELL_RESPONSE_QUARANTINE_FILE: quarantine_file(incident, made); break;
        case QUELL_RESPONSE_COUNT: break;
    }
    if (made.available && !(incident.entry.offers & bit)) {
        made.available = false;
        made.reason = "protected, or not bound when it happened";
    }
    if (made.available) made.digest = digest(incident, response, made.target);
    return made;
}

std::vector<Offer> offers(bpf::Engine& engine, const Incident& incident) {
    std::vector<Offer> list;
    for (const auto response : incident.rule.offers)
        if (response < QUELL_RESPONSE_COUNT) list.push_back(offer(engine, incident, static_cast<quell_response>(response), true));
    return list;
}

}  // namespace quell::incident
