// SPDX-License-Identifier: Apache-2.0
#include "user/incident/store.h"

#include <algorithm>
#include <cstring>

#include "user/base/time.h"

namespace quell::incident {
namespace {

constexpr const char* kDetailsLost = "details lost: recorded while no daemon was running, or the ring was full";

// A repeat may tell what the first event could not, if the same process acted.
bool fills_in(const Incident& incident, const Event& event) {
    return !incident.details && (event.first() || (incident.entry.chain_count && event.pid == incident.entry.chain[0].pid));
}

quell_state state_of(const quell_pending& entry) {
    return static_cast<quell_state>(std::min<quell_u32>(QUELL_WORD_STATE(entry.word), QUELL_STATE_COUNT - 1));
}

}  // namespace

Incident& Store::on_event(const Event& event, bool& told) {
    auto [at, inserted] = incidents_.try_emplace(event.incident);
    auto& incident = at->second;
    told = inserted || fills_in(incident, event);
    if (!told) return incident;
    if (inserted) {
        incident.rule = rule(event.rule, event.generation);
    } else if (incident.note == kDetailsLost) {
        incident.note.clear();
    }
    incident.id = event.incident;
    incident.key = event.key;
    incident.details = true;
    incident.pid = event.pid;
    incident.uid = event.uid;
    incident.arguments = event.arguments;
    incident.arguments_known = !event.has(QUELL_EVENT_NO_ARGS);
    incident.arguments_cut = event.has(QUELL_EVENT_ARGS_CUT);
    incident.texts_cut = event.has(QUELL_EVENT_TEXTS_CUT);
    incident.device = event.device;
    incident.inode = event.inode;
    incident.verdict = event.verdict;
    return incident;
}

void Store::remember(Incident incident) {
    const auto id = incident.id;
    if (id) incidents_.try_emplace(id, std::move(incident));
}

Incident& Store::adopt(const quell_pending_key& key, const quell_pending& entry, bool& made) {
    const auto id = QUELL_WORD_INCIDENT(entry.word);
    auto [at, inserted] = incidents_.try_emplace(id);
    auto& incident = at->second;
    made = inserted;
    incident.id = id;
    incident.key = key;
    incident.entry = entry;
    incident.state = state_of(entry);
    if (!incident.part_of) incident.part_of = entry.part_of;  // also where no row of it came to the disk
    if (!(entry.object_flags & QUELL_OBJECT_RESTORED)) incident.earlier_boot_offset_ns.reset();  // its times are what they were
    if (!inserted) return incident;
    incident.rule = rule(key.rule, entry.generation);
    incident.details = false;
    incident.note = kDetailsLost;
    incident.path.assign(entry.name, strnlen(entry.name, sizeof(entry.name)));
    incident.path_is = "unplaced";
    incident.device = entry.overlay_device ? entry.overlay_device : entry.device;
    incident.inode = entry.inode;
    if (entry.chain_count) {
        incident.pid = entry.chain[0].pid;
        incident.uid = entry.chain[0].uid;
    }
    return incident;
}

std::vector<Incident*> Store::end_unheld(const std::set<std::uint64_t>& held, std::uint64_t now_ns) {
    std::vector<Incident*> ended;
    for (auto& [id, incident] : incidents_) {
        if ((incident.over() && !incident.failed_in_force()) || held.contains(id)) continue;
        const bool earlier_boot = incident.earlier_boot_offset_ns.has_value();
        const bool late = earlier_boot ? wall_ns() > static_cast<std::int64_t>(incident.entry.deadline_ns) + *incident.earlier_boot_offset_ns
                                       : now_ns > incident.entry.deadline_ns;
        incident.note = earlier_boot ? "the host was restarted" : "the kernel side held no entry for it any more";
        if (earlier_boot && (incident.holds() || incident.over())) incident.note += ": it is enforced no longer";
        incident.state = incident.waits() && late ? QUELL_STATE_EXPIRED : QUELL_STATE_GONE;
        ended.push_back(&incident);
    }
    return ended;
}

Incident* Store::find(std::uint64_t id) {
    const auto found = incidents_.find(id);
    return found == incidents_.end() ? nullptr : &found->second;
}

std::vector<Incident*> Store::parts_of(std::uint64_t first) {
    std::vector<Incident*> parts;
    for (auto at = incidents_.upper_bound(first); first && at != incidents_.end(); ++at)  // they were made later
        if (at->second.part_of == first) parts.push_back(&at->second);
    return parts;
}

std::vector<Incident*> Store::list(bool all) {
    std::vector<Incident*> list;
    for (auto at = incidents_.rbegin(); at != incidents_.rend() && (!all || list.size() < kOverMax); ++at)
        if (all || !at->second.over()) list.push_back(&at->second);
    return list;
}

std::vector<Incident*> Store::holding_files() {
    std::vector<Incident*> found;
    for (auto& [id, incident] : incidents_)
        if (incident.holds_file()) found.push_back(&incident);
    return found;
}

void Store::trim(const std::set<std::uint64_t>& held) {
    if (incidents_.size() <= kOverMax) return;
    std::set<std::uint64_t> firsts;  // by whose id the others are undone
    for (const auto& [id, one] : incidents_)
        if (one.part_of && (!one.over() || one.failed_in_force())) firsts.insert(one.part_of);
    const auto counts = [&firsts](const auto& one) { return one.second.over() && !one.second.failed_in_force() && !firsts.contains(one.first); };
    auto over = static_cast<std::size_t>(std::ranges::count_if(incidents_, counts));
    for (auto at = incidents_.begin(); over > kOverMax && at != incidents_.end();) {
        if (counts(*at) && !kept_.contains(at->first) && !held.contains(at->first)) {
            at = incidents_.erase(at);
            over--;
        } else {
            ++at;
        }
    }
}

}  // namespace quell::incident
