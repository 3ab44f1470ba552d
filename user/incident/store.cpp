// SPDX-License-Identifier: Apache-2.0
#include "user/incident/store.h"

#include <algorithm>

namespace quell::incident {

void Store::add_rules(std::uint64_t generation, const policy::Image& image) {
    auto& rules = generations_[generation];
    rules.clear();
    for (const auto& rule : image.rules)
        rules.push_back({rule.value.id, rule.policy, rule.id, rule.name.empty() ? rule.id : rule.name, rule.value.severity, rule.tags, rule.offers});
    while (generations_.size() > kGenerationsMax) generations_.erase(generations_.begin());
}

RuleFacts Store::rule(std::uint64_t id, std::uint64_t generation) const {
    const auto search = [id](const std::vector<RuleFacts>& rules) { return std::ranges::find(rules, id, &RuleFacts::id); };
    if (auto own = generations_.find(generation); own != generations_.end())
        if (auto found = search(own->second); found != own->second.end()) return *found;
    for (auto older = generations_.rbegin(); older != generations_.rend(); ++older)
        if (auto found = search(older->second); found != older->second.end()) return *found;
    RuleFacts unknown;
    unknown.id = id;
    unknown.policy = "unknown";
    unknown.rule = unknown.name = "rule " + std::to_string(id);
    for (std::uint32_t response = 0; response < QUELL_RESPONSE_COUNT; response++) unknown.offers.push_back(response);
    return unknown;
}

Incident& Store::on_event(const Event& event, bool& made) {
    auto [at, inserted] = incidents_.try_emplace(event.incident);
    auto& incident = at->second;
    made = inserted;
    if (!inserted) return incident;
    incident.id = event.incident;
    incident.key = event.key;
    incident.rule = rule(event.rule, event.generation);
    incident.pid = event.pid;
    incident.uid = event.uid;
    incident.arguments = event.arguments;
    incident.arguments_known = !event.has(QUELL_EVENT_NO_ARGS);
    incident.device = event.device;
    incident.inode = event.inode;
    incident.verdict = event.verdict;
    return incident;
}

Incident& Store::from_entry(const quell_pending_key& key, const quell_pending& entry) {
    const auto id = QUELL_WORD_INCIDENT(entry.word);
    auto& incident = incidents_[id];
    incident.id = id;
    incident.key = key;
    incident.entry = entry;
    incident.state = static_cast<quell_state>(QUELL_WORD_STATE(entry.word));
    incident.rule = rule(key.rule, entry.generation);
    incident.path.assign(entry.name, strnlen(entry.name, sizeof(entry.name)));
    incident.path_is = "unplaced";
    incident.device = entry.device;
    incident.inode = entry.inode;
    incident.note = "details were lost: it happened while no daemon read the ring";
    if (entry.chain_count) {
        incident.pid = entry.chain[0].pid;
        incident.uid = entry.chain[0].uid;
    }
    return incident;
}

void Store::put(Incident incident) { incidents_.insert_or_assign(incident.id, std::move(incident)); }

Incident* Store::find(std::uint64_t id) {
    const auto found = incidents_.find(id);
    return found == incidents_.end() ? nullptr : &found->second;
}

std::vector<Incident*> Store::list(bool all) {
    std::vector<Incident*> list;
    for (auto at = incidents_.rbegin(); at != incidents_.rend() && list.size() < kOverMax; ++at)
        if (all || !at->second.over()) list.push_back(&at->second);
    return list;
}

void Store::trim() {
    auto over = static_cast<std::size_t>(std::ranges::count_if(incidents_, [](const auto& one) { return one.second.over(); }));
    for (auto at = incidents_.begin(); over > kOverMax && at != incidents_.end();) {
        if (at->second.over()) {
            at = incidents_.erase(at);
            over--;
        } else {
            ++at;
        }
    }
}

}  // namespace quell::incident
