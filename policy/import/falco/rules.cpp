// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/rules.h"

#include <algorithm>
#include <set>

#include "policy/import/falco/collect.h"
#include "policy/import/falco/exceptions.h"
#include "policy/import/falco/lists.h"
#include "policy/import/falco/macros.h"
#include "policy/import/falco/read.h"
#include "policy/limits.h"

namespace quell::policy::falco {
namespace {

bool check_bytes(std::span<const SourceText> sources, Findings& findings) {
    std::size_t bytes = 0;
    for (const SourceText& source : sources) bytes += source.text().size();
    if (bytes <= kMaxTotalBytes && sources.size() <= kMaxFiles) return true;
    findings.add_general(Code::kQ1001, std::to_string(sources.size()) + " files with " + std::to_string(bytes) +
                         " bytes; at most " + std::to_string(kMaxFiles) + " files with " +
                         std::to_string(kMaxTotalBytes) + " bytes are accepted");
    return false;
}

// Each tree once, however often it is shared.
void gather_lists(const Expression& tree, std::set<const Expression*>& seen, std::set<std::string>& lists) {
    if (!seen.insert(&tree).second) return;
    if (tree.check != nullptr) lists.insert(tree.check->lists.begin(), tree.check->lists.end());
    for (const ExpressionPtr& child : tree.children) gather_lists(*child, seen, lists);
}

class Resolver {
public:
    Resolver(const Definitions& definitions, std::span<const SourceText> sources, Findings& findings)
        : findings_(findings),
          lists_(definitions.lists, findings),
          macros_(definitions.macros, sources, lists_, findings) {}

    std::optional<Rule> rule(const RuleDefinition& definition) {
        const RuleParts& parts = definition.parts;
        static const std::vector<Exception> kNone;
        const auto text = with_exceptions(*parts.condition, parts.exceptions ? *parts.exceptions : kNone, findings_);
        if (!text) return std::nullopt;
        Rule rule;
        rule.condition = macros_.resolve(*text, rule.macros);
        if (rule.condition == nullptr) return std::nullopt;
        rule.lists = lists_of(*rule.condition);
        if (!fits(rule, definition.where)) return std::nullopt;
        rule.name = definition.name;
        rule.where = definition.where;
        rule.description = parts.description.value_or("");
        rule.output = parts.output.value_or("");
        rule.priority = parts.priority.value_or(Priority::kDebug);
        rule.source = parts.source.value_or("");
        rule.tags = parts.tags.value_or(std::vector<std::string>{});
        rule.enabled = parts.enabled.value_or(true);
        rule.warn_event_types = parts.warn_event_types.value_or(true);
        rule.skip_if_unknown_filter = parts.skip_if_unknown_filter.value_or(false);
        rule.capture = parts.capture.value_or(false);
        return rule;
    }

    void finish() {
        macros_.finish();
        lists_.warn_unused();
    }

private:
    static std::vector<std::string> lists_of(const Expression& tree) {
        std::set<const Expression*> seen;
        std::set<std::string> lists;
        gather_lists(tree, seen, lists);
        return {lists.begin(), lists.end()};
    }

    bool fits(const Rule& rule, const Location& where) {
        nodes_ += rule.condition->nodes;
        names_ += rule.macros.size() + rule.lists.size();
        if (nodes_ <= kMaxFalcoTotalNodes && names_ <= kMaxFalcoValues) return true;
        findings_.add(Code::kQ2205, where,
                      "the rules' conditions have more than " + std::to_string(kMaxFalcoTotalNodes) +
                          " parts, or name more than " + std::to_string(kMaxFalcoValues) + " macros and lists, in all");
        return false;
    }

    Findings& findings_;
    Lists lists_;
    Macros macros_;
    std::size_t nodes_ = 0;
    std::size_t names_ = 0;
};

}  // namespace

Rules read_rules(std::span<const SourceText> sources, Findings& findings) {
    Rules rules;
    if (!check_bytes(sources, findings)) return rules;
    Collector collector(findings);
    for (std::uint32_t index = 0; index < sources.size(); index++) {
        collector.add(read_items(sources[index], index, findings));
        if (collector.items() <= kMaxFalcoItems) continue;
        findings.add(Code::kQ1012, {index, 0, 0, 0}, "the files hold more than " + std::to_string(kMaxFalcoItems) + " items",
                     "import fewer at once");
        return rules;
    }
    const Definitions definitions = collector.take();
    Resolver resolver(definitions, sources, findings);
    for (const RuleDefinition& definition : definitions.rules)
        if (auto rule = resolver.rule(definition)) rules.rules.push_back(std::move(*rule));
    resolver.finish();
    rules.requirements = definitions.requirements;
    return rules;
}

}  // namespace quell::policy::falco
