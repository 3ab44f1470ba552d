// SPDX-License-Identifier: Apache-2.0
#include "policy/describe/costs.h"

#include <array>
#include <string>

#include "policy/check/while_pending.h"
#include "policy/compile/compile.h"
#include "policy/finding.h"
#include "policy/map_memory.h"

namespace quell::policy {
namespace {

struct CostRow {
    std::uint32_t operation;
    Cost cost;
};
constexpr std::array kCosts = {
#define COST(name, row, host, container) CostRow{QUELL_OP_##name, {row, host, container}},
#include "policy/describe/costs.def"
#undef COST
};

enum class Role { SUBJECT, PATH, OPERATION, CONTAIN, PEER };
struct Hook {
    std::string_view name;
    Role role;
};
constexpr std::array kHooks = {
#define HOOK(name, program, role) Hook{#name, Role::role},
#include "kern/hooks.def"
#undef HOOK
};

constexpr std::array kResponseHooks = {
#define RESPONSE(name, word, hooks, undo, ...) std::string_view{hooks},
#include "kern/responses.def"
#undef RESPONSE
};

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const std::size_t end = text.find(' ');
        words.push_back(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
    return words;
}

Image image_of(std::vector<Rule> rules) {
    static const Source nowhere{};
    const SourceText text(nowhere);
    Findings findings(std::span(&text, 1));
    for (Rule& rule : rules) rule.where.source = 0;
    return compile_image(Checked{std::move(rules)}, std::span(&text, 1), findings);
}

std::size_t set_chunks(const Image& image) {
    std::size_t chunks = 0;
    for (const ImageSet& set : image.sets) chunks += (set.rules.size() + QUELL_SET_CHUNK - 1) / QUELL_SET_CHUNK;
    return chunks;
}

}  // namespace

std::optional<Cost> cost_of(std::uint32_t operation) {
    for (const CostRow& row : kCosts)
        if (row.operation == operation) return row.cost;
    return std::nullopt;
}

std::vector<std::string_view> standing_hooks() {
    std::vector<std::string_view> names;
    for (const Hook& hook : kHooks)
        if (hook.role != Role::OPERATION && hook.role != Role::CONTAIN) names.push_back(hook.name);
    return names;
}

std::uint32_t kept_responses(const Rule& rule) {
    if (rule.mode != Mode::kOn) return 0;
    const bool acts = rule.automatic && !rule.automatic->dry_run;
    return wanted_responses(rule) | (acts ? QUELL_BIT(rule.automatic->response) : 0u);
}

std::vector<std::string_view> response_hooks(std::uint32_t response) {
    return response < kResponseHooks.size() ? words_of(kResponseHooks[response]) : std::vector<std::string_view>{};
}

MapShares map_shares(const Rule& rule) {
    const Image with = image_of({rule}), without = image_of({});
    MapShares shares;
    const auto add = [&](std::string_view map, std::size_t more, std::size_t less) {
        if (more > less) shares.maps.push_back({map, more - less});
    };
    add("rules", with.rules.size(), without.rules.size());
    add("edges", with.edges.size(), without.edges.size());
    add("rule_sets", set_chunks(with), set_chunks(without));
    add("conditions", with.conditions.size(), without.conditions.size());
    add("condition_members", with.members.size(), without.members.size());
    shares.bytes = map_memory(with) - map_memory(without);
    return shares;
}

}  // namespace quell::policy
