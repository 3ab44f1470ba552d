// SPDX-License-Identifier: Apache-2.0
// What a rule costs: its hooks, what they take, what it keeps in the kernel.
#include "user/cli/verbs/policy_explain_rule.h"

#include "policy/describe/costs.h"
#include "policy/describe/operations.h"
#include "policy/describe/rule_keys.h"
#include "user/base/escape.h"
#include "user/base/vocabulary.h"
#include "user/cli/table.h"

namespace quell::cli {

namespace {

using policy::Rule;

std::string listed(std::span<const std::string_view> words) {
    std::string text;
    for (const std::string_view word : words) text += (text.empty() ? "" : " ") + std::string(word);
    return text.empty() ? "none" : text;
}

std::string mode_word(const Rule& rule) { return std::string(policy::kModeWords[static_cast<std::size_t>(rule.mode)]); }

// Those that are asked once the path has matched.
std::vector<std::string> asked(const Rule& rule) {
    std::vector<std::string> texts;
    for (const policy::Condition& condition : rule.conditions) texts.push_back(condition.text());
    for (const policy::Group& group : rule.exceptions) {
        std::string text;
        for (const policy::Condition& condition : group) text += (text.empty() ? "except " : ", ") + condition.text();
        texts.push_back(text);
    }
    return texts;
}

std::vector<std::uint32_t> kept(const Rule& rule) {
    std::vector<std::uint32_t> list;
    for (std::uint32_t response = 0; response < QUELL_RESPONSE_COUNT; response++)
        if (policy::kept_responses(rule) & QUELL_BIT(response)) list.push_back(response);
    return list;
}

Json explained_json(const Rule& rule, const std::string& file) {
    Json operations = Json::array(), waiting = Json::array(), at_once = Json::array(), maps = Json::array();
    for (std::uint32_t operation = 0; operation < policy::operations().size(); operation++) {
        if ((rule.operations & QUELL_BIT(operation)) == 0) continue;
        Json one = {{"word", policy::operations()[operation].word}, {"hooks", policy::operations()[operation].hooks}};
        if (const auto cost = policy::cost_of(operation)) one["instructions"] = {{"host", cost->host}, {"container", cost->container}};
        operations.push_back(std::move(one));
    }
    for (const std::uint32_t offer : rule.offers)
        waiting.push_back({{"response", word_at(kResponseWords, offer)}, {"hooks", policy::response_hooks(offer)}});
    for (const std::uint32_t response : kept(rule)) at_once.push_back({{"response", word_at(kResponseWords, response)}, {"hooks", policy::response_hooks(response)}, {"instructions_per_call", policy::kKeptCallInstructions}});
    const policy::MapShares shares = policy::map_shares(rule);
    for (const policy::MapShare& share : shares.maps) maps.push_back({{"map", share.map}, {"entries", share.entries}});
    return {{"rule", policy::full_name(rule)}, {"file", escape(file)}, {"line", rule.where.line}, {"mode", mode_word(rule)},
            {"operations", std::move(operations)}, {"standing", policy::standing_hooks()}, {"while_waiting", std::move(waiting)}, {"from_apply_on", std::move(at_once)},
            {"asked", safe_list(asked(rule))}, {"maps", std::move(maps)}, {"map_bytes", shares.bytes}};
}

std::string operations_text(const Rule& rule, std::size_t columns) {
    Table table({{"OPERATION", 10}, {"HOOKS", 12}, {"ON THE HOST", 11}, {"IN A CONTAINER", 14}});
    for (std::uint32_t operation = 0; operation < policy::operations().size(); operation++) {
        if ((rule.operations & QUELL_BIT(operation)) == 0) continue;
        const auto cost = policy::cost_of(operation);
        table.add({std::string(policy::operations()[operation].word), listed(policy::operations()[operation].hooks),
                   cost ? "+" + std::to_string(cost->host) : "not measured", cost ? "+" + std::to_string(cost->container) : "not measured"});
    }
    return table.text(columns);
}

std::string mode_text(const Rule& rule) {
    switch (rule.mode) {
        case policy::Mode::kOff: return "off: it is not loaded, and costs nothing. Were it on:\n";
        case policy::Mode::kObserve: return "observed: detected and told, without offers\n";
        case policy::Mode::kOn: break;
    }
    return {};
}

}  // namespace

int explain_rule(Invocation& invocation, const policy::Rule& rule, const std::string& file) {
    if (invocation.json) return print_json(invocation, explained_json(rule, file)), kDone;
    std::string text = invocation.out.paint(Colour::Bold, policy::full_name(rule)) + "  " + escape(file) + ":" + std::to_string(rule.where.line) + "\n" +
                       mode_text(rule) + "\n" + operations_text(rule, invocation.out.columns()) +
                       "Instructions added to an operation that no rule matches, whatever the number of rules (6.12, docs/performance.md).\n"
                       "Rules with the same operations share these hooks.\n\n";
    const auto conditions = asked(rule);
    text += conditions.empty() ? "Asked beyond the path: nothing.\n" : "Asked only where the path has matched:\n";
    for (const std::string& condition : conditions) text += "  " + escape(condition) + "\n";
    text += "\nAttached whatever the rules say: " + listed(policy::standing_hooks()) + "\n";
    for (const std::uint32_t response : kept(rule))
        text += "Attached from apply on, since nobody is waited for (" + std::string(word_at(kResponseWords, response)) + "): " + listed(policy::response_hooks(response)) + "\n";
    if (!kept(rule).empty())
        text += "Each call of one of these that no rule has attached adds " + std::to_string(policy::kKeptCallInstructions) +
                " instructions while nobody is contained, to everybody on the host;\nan operation on an overlay calls most of them twice (6.12, docs/performance.md: a write, armed).\n";
    for (const std::uint32_t offer : rule.offers)
        if (!policy::response_hooks(offer).empty())
            text += "Attached while an incident offers " + std::string(word_at(kResponseWords, offer)) + ", and for keep_armed_s after the last: " +
                    listed(policy::response_hooks(offer)) + "\n";
    if (rule.follow_ns)
        text += "What is approved follows its workload for " + policy::duration_text(rule.follow_ns) + ", where the response can: its hooks stay attached as long.\n";
    const policy::MapShares shares = policy::map_shares(rule);
    text += "\nIn the kernel's maps, alone:";
    for (const policy::MapShare& share : shares.maps) text += " " + std::to_string(share.entries) + " in " + std::string(share.map) + ",";
    invocation.out.print(text + " " + std::to_string(shares.bytes) + " bytes\n");
    return kDone;
}

}  // namespace quell::cli
