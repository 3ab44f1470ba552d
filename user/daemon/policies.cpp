// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/policies.h"

#include <algorithm>
#include <set>

namespace quell::daemon {

Result<ApplyOutcome> Policies::apply(const ApplyRequest& request) {
    auto sources = policy::read_sources(request.paths);
    if (!sources) return sources.error();
    auto compiled = policy::compile(*sources, {.allow_empty = request.allow_empty});
    ApplyOutcome outcome;
    outcome.findings = std::move(compiled.findings);
    outcome.generation = generation_;
    outcome.digest = digest_;
    outcome.rules = rule_count();
    if (!compiled.image) return outcome;
    outcome.applied = true;
    outcome.changed = compiled.image->digest != digest_;
    outcome.digest = compiled.image->digest;
    outcome.rules = compiled.image->own_rules();
    if (request.dry_run) return outcome;
    if (!outcome.changed) {
        versions_ = std::move(compiled.versions);
        image_ = std::move(*compiled.image);  // means the same, and knows its files where an adopted one does not
        return outcome;
    }
    const auto next = std::max({generation_, std::uint64_t{engine_.globals().generation}, last_generation_}) + 1;
    auto bytes = engine_.load_policy(*compiled.image, next);
    if (!bytes) return bytes.error();
    outcome.map_bytes = *bytes;
    outcome.generation = generation_ = next;
    digest_ = compiled.image->digest;
    image_ = std::move(*compiled.image);
    versions_ = std::move(compiled.versions);
    return outcome;
}

void Policies::adopt(std::uint64_t generation, const std::string& digest, const std::vector<incident::RuleFacts>& rules) {
    generation_ = generation;
    digest_ = digest;
    image_ = {};
    versions_.clear();
    for (const auto& facts : rules) {
        policy::ImageRule rule;
        rule.value.id = facts.id;
        rule.value.severity = facts.severity;
        if (facts.policy == policy::kBuiltinPolicy) rule.value.flags = QUELL_RULE_SILENT;
        rule.policy = facts.policy;
        rule.id = facts.rule;
        rule.name = facts.name;
        rule.tags = facts.tags;
        rule.offers = facts.offers;
        image_.rules.push_back(std::move(rule));
    }
}

std::size_t Policies::rule_count() const { return image_.own_rules(); }

std::string Policies::version_of(const std::string& policy) const {
    const auto found = versions_.find(policy);
    return found == versions_.end() ? std::string() : found->second;
}

std::size_t Policies::policy_count() const {
    std::set<std::string> names;
    for (const auto& rule : image_.rules)
        if (!rule.is_builtin()) names.insert(rule.policy);
    return names.size();
}

}  // namespace quell::daemon
