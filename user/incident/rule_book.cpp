// SPDX-License-Identifier: Apache-2.0
#include "user/incident/rule_book.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace quell::incident {

using Json = nlohmann::json;

namespace {

// Throws where it is there and is none. A text of an earlier version has none.
std::optional<policy::Automatic> automatic_from(const Json& rule) {
    if (!rule.contains("automatic")) return std::nullopt;
    const Json& it = rule.at("automatic");
    policy::Automatic automatic{it.at("response").get<std::uint32_t>(), it.at("per_hour").get<std::uint32_t>(), it.at("dry_run").get<bool>()};
    return automatic.response < QUELL_RESPONSE_COUNT ? std::optional(automatic) : std::nullopt;
}

}  // namespace

void RuleBook::put(std::uint64_t generation, std::vector<RuleFacts> facts) {
    std::ranges::sort(facts, {}, &RuleFacts::id);
    Rules rules;
    rules.reserve(facts.size());
    for (auto& one : facts) {
        std::shared_ptr<const RuleFacts> alike;
        for (const auto& [number, known] : generations_) {
            const auto at = std::ranges::lower_bound(known, one.id, {}, &RuleFacts::id);
            if (at != known.end() && **at == one) alike = *at;
        }
        rules.push_back(alike ? std::move(alike) : std::make_shared<const RuleFacts>(std::move(one)));
    }
    generations_.insert_or_assign(generation, std::move(rules));
    while (generations_.size() > kGenerationsMax) generations_.erase(generations_.begin());
}

void RuleBook::add(std::uint64_t generation, const policy::Image& image) {
    std::vector<RuleFacts> facts;
    facts.reserve(image.rules.size());
    for (const auto& rule : image.rules)
        facts.push_back({rule.value.id, rule.policy, rule.id, rule.name.empty() ? rule.id : rule.name, rule.value.severity, rule.tags, rule.offers, rule.automatic, rule.two_persons, rule.reason_required, rule.follow_ns});
    put(generation, std::move(facts));
}

const RuleFacts* RuleBook::search(const Rules& rules, std::uint64_t id) {
    const auto at = std::ranges::lower_bound(rules, id, {}, &RuleFacts::id);
    return at != rules.end() && (*at)->id == id ? at->get() : nullptr;
}

RuleFacts RuleBook::find(std::uint64_t id, std::uint64_t generation) const {
    if (const auto own = generations_.find(generation); own != generations_.end())
        if (const auto* found = search(own->second, id)) return *found;
    for (auto older = generations_.rbegin(); older != generations_.rend(); ++older)
        if (const auto* found = search(older->second, id)) return *found;
    RuleFacts unknown;
    unknown.id = id;
    unknown.policy = "unknown";
    unknown.rule = unknown.name = "rule " + std::to_string(id);
    if (id == QUELL_RULE_MANUAL) {
        unknown.policy = "manual";
        unknown.rule = "request";
        unknown.name = "Manual request";
        unknown.severity = kManualSeverity;
    }
    for (std::uint32_t response = 0; response < QUELL_RESPONSE_COUNT; response++) unknown.offers.push_back(response);
    return unknown;
}

const RuleFacts* RuleBook::running(std::uint64_t id) const { return generations_.empty() ? nullptr : search(generations_.rbegin()->second, id); }

std::vector<RuleFacts> RuleBook::of(std::uint64_t generation) const {
    std::vector<RuleFacts> facts;
    if (const auto own = generations_.find(generation); own != generations_.end())
        for (const auto& rule : own->second) facts.push_back(*rule);
    return facts;
}

std::string RuleBook::text(std::uint64_t generation) const {
    auto json = Json::array();
    if (const auto own = generations_.find(generation); own != generations_.end())
        for (const auto& rule : own->second) {
            json.push_back({{"id", rule->id}, {"policy", rule->policy}, {"rule", rule->rule}, {"name", rule->name},
                            {"severity", rule->severity}, {"tags", rule->tags}, {"offers", rule->offers}});
            if (rule->two_persons) json.back()["two_persons"] = true;
            if (rule->reason_required) json.back()["reason_required"] = true;
            if (rule->follow_ns) json.back()["follow_ns"] = rule->follow_ns;
            if (const auto& it = rule->automatic) json.back()["automatic"] = {{"response", it->response}, {"per_hour", it->per_hour}, {"dry_run", it->dry_run}};
        }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool RuleBook::restore(std::uint64_t generation, const std::string& text) {
    const auto json = Json::parse(text, nullptr, false);
    if (!json.is_array()) return false;
    std::vector<RuleFacts> facts;
    try {
        for (const auto& rule : json)
            facts.push_back({rule.at("id").get<std::uint64_t>(), rule.at("policy").get<std::string>(), rule.at("rule").get<std::string>(),
                             rule.at("name").get<std::string>(), rule.at("severity").get<std::uint32_t>(),
                             rule.at("tags").get<std::vector<std::string>>(), rule.at("offers").get<std::vector<std::uint32_t>>(), automatic_from(rule),
                             rule.value("two_persons", false), rule.value("reason_required", false), rule.value("follow_ns", std::uint64_t{0})});
    } catch (const Json::exception&) {
        return false;
    }
    put(generation, std::move(facts));
    return true;
}

}  // namespace quell::incident
