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
    outcome.rules = static_cast<std::size_t>(std::ranges::count_if(compiled.image->rules, [](const auto& rule) { return !is_builtin(rule); }));
    if (!outcome.changed || request.dry_run) return outcome;
    const auto next = std::max<std::uint64_t>(generation_, std::uint64_t{engine_.globals().generation}) + 1;
    auto bytes = engine_.load_policy(*compiled.image, next);
    if (!bytes) return bytes.error();
    outcome.map_bytes = *bytes;
    outcome.generation = generation_ = next;
    digest_ = compiled.image->digest;
    image_ = std::move(*compiled.image);
    return outcome;
}

void Policies::adopt(std::uint64_t generation, std::string digest, policy::Image image) {
    generation_ = generation;
    digest_ = std::move(digest);
    image_ = std::move(image);
}

std::size_t Policies::rule_count() const {
    return static_cast<std::size_t>(std::ranges::count_if(image_.rules, [](const auto& rule) { return !is_builtin(rule); }));
}

std::size_t Policies::policy_count() const {
    std::set<std::string> names;
    for (const auto& rule : image_.rules)
        if (!is_builtin(rule)) names.insert(rule.policy);
    return names.size();
}

}  // namespace quell::daemon
