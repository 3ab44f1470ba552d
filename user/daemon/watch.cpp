// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/watch.h"

#include "user/approval/approved_with.h"
#include "user/base/files.h"
#include "user/base/log.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/incident/describe.h"
#include "user/incident/mounts.h"
#include "user/response/cgroup.h"

namespace quell::daemon {
namespace {

// What the worker found out. Raw text.
struct Findings {
    std::optional<quell_container> container;
    std::string cgroup_path;
    ContainerIdentity identity;
    PlacedPath path, path2, exe;
};

PlacedPath best(const MountTable& table, std::uint32_t device, const std::string& components, bool cut) {
    if (components.empty()) return {};
    return table.place(device, components, cut).front();
}

Findings look(bpf::Engine& engine, const IdentityReader& identities, const Event& event) {
    Findings found;
    pid_t viewer = 1;  // whose mounts place the paths: the container's init, or the host's
    if (event.container) {
        found.container = engine.container(event.container);
        found.cgroup_path = response::cgroup_path(event.container);
        if (found.container) {
            const std::string id(found.container->id, strnlen(found.container->id, sizeof(found.container->id)));
            found.identity = identities.find(static_cast<quell_runtime>(found.container->runtime), id);
            viewer = static_cast<pid_t>(found.container->init_pid);
        }
    }
    auto table = MountTable::of_task(viewer);
    const MountTable mounts = table ? std::move(table).value() : MountTable::parse("");
    // no component: the root of its superblock, which is a path where that is mounted
    if (event.incident) found.path = mounts.place(event.device, event.path, event.has(QUELL_EVENT_PATH_CUT)).front();
    found.path2 = best(mounts, event.device, event.path2, event.has(QUELL_EVENT_PATH2_CUT));
    found.exe = best(mounts, event.exe_device, event.exe, event.has(QUELL_EVENT_EXE_CUT));
    return found;
}

// What a decision ends in; nothing for what settle() writes itself.
std::optional<history::Action> ended_action(const incident::Incident& incident) {
    if (incident.state == QUELL_STATE_REJECTED && incident.entry.doubt_flags & QUELL_DOUBT_WITHDRAWN) return history::Action::WITHDRAWN;
    switch (incident.state) {
        case QUELL_STATE_DONE: return history::Action::DONE;
        case QUELL_STATE_FAILED: return history::Action::FAILED;
        case QUELL_STATE_REJECTED: return history::Action::REJECTED;
        case QUELL_STATE_UNDONE: return history::Action::UNDONE;
        default: return std::nullopt;
    }
}

}  // namespace

void Watch::on_event(const quell_event& raw) {
    auto event = decode(raw);
    if (!event.incident) return;
    bool told = false;
    auto& incident = store_.on_event(event, told);
    if (!told) return;  // a repeat: the count is in the kernel
    if (auto entry = engine_.find(incident.key); entry && QUELL_WORD_INCIDENT(entry->word) == incident.id) {
        incident.entry = *entry;
        incident.state = static_cast<quell_state>(QUELL_WORD_STATE(entry->word));
    } else {  // it came and went while nobody read
        incident.entry.first_ns = incident.entry.last_ns = event.time_ns;
        incident.entry.hits = event.hits;
        incident.entry.operation = event.operation;
        incident.entry.hook = event.hook;
        incident.entry.generation = event.generation;
        incident.entry.chain_count = static_cast<quell_u32>(event.chain.size());
        std::ranges::copy(event.chain, incident.entry.chain);
        incident.state = QUELL_STATE_GONE;
    }
    decisions_.hold(incident);
    decisions_.prepare(incident);
    decisions_.consider(incident);
    look_up(incident.id, std::move(event));
    told_(incident);
}

void Watch::look_up(std::uint64_t id, Event event) {
    looked_up_.insert(id);
    const bool has_paths = event.incident;
    auto submitted = worker_.submit([this, identities = identities_, event = std::move(event)] { return look(engine_, *identities, event); },
                                    [this, id, has_paths](const Findings& found) {
                                        auto* incident = store_.find(id);
                                        if (!incident) {
                                            looked_up_.erase(id);
                                            return;
                                        }
                                        if (found.container) {
                                            incident->container_id.assign(found.container->id, strnlen(found.container->id, sizeof(found.container->id)));
                                            incident->runtime = static_cast<quell_runtime>(found.container->runtime);
                                        }
                                        incident->cgroup_path = found.cgroup_path;
                                        incident->identity = found.identity;
                                        if (has_paths) {  // else it was made from the entry, which has a name only
                                            incident->path = found.path.path;
                                            incident->path_is = path_is_word(found.path.is);
                                            incident->renamed_to = found.path2.path;
                                            incident->exe = found.exe.path;
                                        }
                                        tell(*incident);
                                        decisions_.approve_by_rule(id);
                                    });
    if (submitted) return;
    log::warn("too many incidents at once: details of one were not looked up");
    if (const auto* incident = store_.find(id)) tell(*incident);
    decisions_.approve_by_rule(id);
}

void Watch::tell(const incident::Incident& incident) {
    if (looked_up_.erase(incident.id)) record(incident);
}

void Watch::record(const incident::Incident& incident) {
    // Asked for, and the daemon of then ended before that was on the disk: nothing was detected.
    if (incident.key.rule == QUELL_RULE_MANUAL)
        record(incident, history::Action::REQUESTED, incident.entry.first_ns, "asked for, without an event; by whom was not written down");
    else
        record(incident, history::Action::DETECTED, incident.entry.first_ns, incident.rule.name);
}

void Watch::record(const incident::Incident& incident, history::Action action, std::uint64_t boot_ns, const std::string& result) {
    if (action != history::Action::DETECTED) tell(incident);
    history::Entry entry;
    entry.row.action = action;
    entry.row.boot_ns = boot_ns;
    entry.row.incident = incident.id;
    entry.row.generation = incident.entry.generation;
    entry.row.subject = incident::subject_text(incident);
    entry.row.result = result;
    if (action == history::Action::APPROVED) {
        entry.row.who = incident.decided_by;
        if (incident.decided_by && incident.decided_by->uid == approval::kRuleUid) entry.row.detail = approval::rule_detail(approval::rule_name(incident.rule));
        entry.row.response = word_at(kResponseWords, incident.entry.response);
        if (approval::kills_holders(incident.entry)) entry.row.detail = incident::Json{{"kill_holders", true}}.dump();
    }
    entry.snapshot = history::Snapshot{incident.id, std::string(word_at(kStateWords, incident.state)), incident.rule.rule, incident::snapshot_text(incident)};
    history_.append(std::move(entry));
}

void Watch::remember(const std::vector<history::Snapshot>& snapshots) {
    for (const auto& snapshot : snapshots)
        if (auto incident = incident::parse_snapshot(snapshot.json)) store_.remember(std::move(*incident));
}

void Watch::adopt() {
    dropped_ = engine_.counter(QUELL_COUNTER_RING_DROPPED);
    std::set<std::uint64_t> held;
    for (const auto& [key, entry] : engine_.pending()) {
        held.insert(QUELL_WORD_INCIDENT(entry.word));
        adopt(key, entry);
    }
    for (auto* incident : store_.end_unheld(held, boottime_ns())) decisions_.settle(*incident, incident->note);
}

void Watch::adopt(const quell_pending_key& key, const quell_pending& entry) {
    bool made = false;
    const auto* known = store_.find(QUELL_WORD_INCIDENT(entry.word));
    const bool was_over = known && known->over();
    const auto told = known ? known->state : QUELL_STATE_NONE;  // by the newest row on the disk
    const auto told_until = known ? known->entry.deadline_ns : entry.deadline_ns;
    auto& incident = store_.adopt(key, entry, made);
    if (made) {  // the container may still be there to be named
        Event event;
        event.container = key.container;
        look_up(incident.id, std::move(event));
    }
    if (incident.waits() && entry.deadline_ns > told_until) {  // nothing else moves it
        incident.note = "extended: it waits until " + utc_text(wall_from_boottime(entry.deadline_ns));
        record(incident, history::Action::EXTENDED, 0, incident.note + "; told by the kernel's entry");
    }
    // Flipped by a daemon that died before the disk had the row: the entry still knows who.
    if (entry.approved_ns && !incident.decided_by) {
        const bool by_rule = entry.approver_uid == approval::kRuleUid;
        incident.decided_by = by_rule ? approval::who_rule() : history::Who{entry.approver_uid, user_name(entry.approver_uid), entry.approver_loginuid, {}, 0, {}};
        if (incident.holds()) incident.evidence_due = approval::evidence_beside(entry.beside);
        if (by_rule) decisions_.guard().remember(approval::rule_name(incident.rule), static_cast<std::int64_t>(entry.approved_ns));
        record(incident, history::Action::APPROVED, entry.approved_ns, "approved; told by the kernel's entry");
    }
    if (incident.state == QUELL_STATE_ENFORCING && told != QUELL_STATE_ENFORCING)
        record(incident, history::Action::ENFORCING, 0, "told by the kernel's entry");
    decisions_.hold(incident);
    decisions_.prepare(incident);
    decisions_.consider(incident);
    decisions_.resume(incident);
    if (incident.waits()) return told_(incident);
    if (incident.state == QUELL_STATE_ENFORCING) decisions_.lift(incident);
    if (was_over) decisions_.forget_over(incident);
    if (!incident.over() || was_over) return;
    // ended by a daemon that died before the disk had the row
    if (incident.state == QUELL_STATE_UNDONE) (void)decisions_.take_back(incident);
    if (const auto ended = ended_action(incident)) record(incident, *ended, 0, "told by the kernel's entry");
    decisions_.settle(incident);
}

void Watch::find_untold() {
    const auto dropped = engine_.counter(QUELL_COUNTER_RING_DROPPED);
    if (dropped != dropped_) untold_scans_ = 3;
    dropped_ = dropped;
    if (!untold_scans_) return;
    untold_scans_--;
    const auto now = boottime_ns();
    for (const auto& [key, entry] : engine_.pending())  // younger ones may still be in the ring
        if (entry.first_ns + 1'000'000'000 < now && !store_.find(QUELL_WORD_INCIDENT(entry.word))) adopt(key, entry);
}

}  // namespace quell::daemon
