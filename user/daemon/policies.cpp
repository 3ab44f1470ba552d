// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/policies.h"

#include <algorithm>
#include <set>

#include "policy/map_memory.h"

namespace quell::daemon {

Result<ApplyOutcome> Policies::apply(const ApplyRequest& request) {
    auto sources = policy::read_sources(request.paths);
    if (!sources) return sources.error();
    return apply(std::move(*sources), request);
}

Result<ApplyOutcome> Policies::apply(std::vector<policy::Source> sources, const ApplyRequest& request) {
    auto compiled = policy::compile(sources, {.allow_empty = request.allow_empty});
    ApplyOutcome outcome;
    outcome.sources = std::move(sources);
    outcome.findings = std::move(compiled.findings);
    outcome.generation = generation_;
    outcome.digest = digest_;
    outcome.rules = rule_count();
    if (!compiled.image) return outcome;
    outcome.applied = true;
    outcome.changed = compiled.image->digest != digest_;
    outcome.digest = compiled.image->digest;
    outcome.rules = compiled.image->own_rules();
    outcome.map_bytes = policy::map_memory(*compiled.image);
    if (request.dry_run) return outcome;
    if (outcome.changed) {
        const auto next = std::max({generation_, loader_.generation(), last_generation_}) + 1;
        if (auto loaded = loader_.load(*compiled.image, next); !loaded) return loaded.error();
        outcome.generation = generation_ = next;
        digest_ = compiled.image->digest;
    }
    // also where it means the same: it knows its files, and an adopted one does not
    image_ = std::move(*compiled.image);
    moded_ = std::move(compiled.moded);
    versions_ = std::move(compiled.versions);
    return outcome;
}

void Policies::adopt(std::uint64_t generation, const std::string& digest, const std::vector<incident::RuleFacts>& rules) {
    generation_ = generation;
    digest_ = digest;
    image_ = {};
    moded_ = {};
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
        rule.automatic = facts.automatic;
        rule.follow_ns = facts.follow_ns;
        rule.two_persons = facts.two_persons;
        rule.reason_required = facts.reason_required;
        image_.rules.push_back(std::move(rule));
    }
}

void Policies::know(policy::Image image) {
    if (!digest_.empty() && image.digest == digest_) image_ = std::move(image);
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

std::string policy_warning(const Result<ApplyOutcome>& outcome, const std::string& what, bool has_rules) {
    const std::string runs_on = has_rules ? ": the earlier one runs on" : "";
    if (!outcome) return what + " was not loaded, " + outcome.error().message + runs_on;
    if (!outcome->applied) return what + " has errors and was not loaded" + runs_on;
    return {};
}

}  // namespace quell::daemon
