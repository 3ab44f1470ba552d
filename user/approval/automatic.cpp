// SPDX-License-Identifier: Apache-2.0
#include "user/approval/automatic.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "policy/check/follow.h"

namespace quell::approval {
namespace {

using Json = nlohmann::json;
constexpr const char* kKey = "automatic";

}  // namespace

history::Who who_rule() { return {kRuleUid, kKey, UINT32_MAX, {}, 0, {}}; }

std::string rule_name(const incident::RuleFacts& rule) { return rule.policy + "/" + rule.rule; }

std::string rule_detail(const std::string& rule) { return Json{{kKey, rule}}.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::optional<std::string> rule_of_detail(const std::string& detail) {
    const Json json = Json::parse(detail, nullptr, false);
    if (!json.is_object() || !json.contains(kKey) || !json[kKey].is_string()) return std::nullopt;
    return json[kKey].get<std::string>();
}

std::optional<policy::Automatic> automatic_of(incident::Store& store, const incident::Incident& incident) {
    const auto made = store.rule(incident.rule.id, incident.entry.generation).automatic;
    const auto* running = store.rules().running(incident.rule.id);
    if (!made || running == nullptr || !running->automatic || running->automatic->response != made->response) return std::nullopt;
    return running->automatic;
}

std::string why_not_by_rule(const incident::Incident& incident) {
    // Its times are of another boot: nothing of it is in this kernel.
    if (incident.earlier_boot_offset_ns) return "it is of an earlier boot";
    // No policy says both; an override, or a later generation, could.
    if (incident.rule.two_persons) return "its rule asks for two persons";
    // It may not be what the rule is about: nothing is done on a perhaps.
    if (incident.in_doubt()) return "it hangs on what its container is called, which is not known yet";
    return {};
}

std::uint64_t follow_of_rule(const incident::Incident& incident, std::uint32_t response) {
    return response < QUELL_RESPONSE_COUNT && (policy::kFollowing & QUELL_BIT(response)) ? incident.rule.follow_ns : 0;
}

bool HourGuard::take(const std::string& rule, std::uint32_t most, std::int64_t now_ns) {
    if (is_closed(now_ns)) return false;
    auto& taken = taken_[rule];
    std::erase_if(taken, [now_ns](std::int64_t at) { return at <= now_ns - kHourNs; });
    if (taken.size() >= most) return false;
    taken.push_back(now_ns);
    return true;
}

void HourGuard::give_back(const std::string& rule, std::int64_t at_ns) {
    const auto found = taken_.find(rule);
    if (found == taken_.end()) return;
    if (const auto at = std::ranges::find(found->second, at_ns); at != found->second.end()) found->second.erase(at);
}

void HourGuard::remember(const std::string& rule, std::int64_t at_ns) { taken_[rule].push_back(at_ns); }

void HourGuard::remember(std::span<const history::Row> rows, std::int64_t now_ns, std::int64_t wall_ns, const std::string& boot_id) {
    for (const history::Row& row : rows) {
        if (row.action != history::Action::APPROVED && row.action != history::Action::DRY_RUN) continue;
        const auto rule = rule_of_detail(row.detail);
        if (!rule) continue;
        // of another boot by the wall clock; one that seems to come is one of now
        const std::int64_t age = std::max<std::int64_t>(0, wall_ns - row.wall_ns);
        remember(*rule, row.boot_id == boot_id ? static_cast<std::int64_t>(row.boot_ns) : now_ns - age);
    }
}

}  // namespace quell::approval
