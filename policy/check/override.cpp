// SPDX-License-Identifier: Apache-2.0
#include "policy/check/override.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <string_view>
#include <tuple>

#include "policy/check/approvers.h"
#include "policy/check/automatic.h"
#include "policy/check/conditions.h"
#include "policy/check/fields.h"
#include "policy/check/guard.h"
#include "policy/check/respond.h"
#include "policy/check/rule.h"
#include "policy/check/words.h"
#include "policy/limits.h"

namespace quell::policy {
namespace {

constexpr std::array kOverrideFields = {Field{"rule", true}, Field{"mode"},  Field{"severity"},
                                Field{"offer"},      Field{"expires"}, Field{"automatic"}, Field{"except"}};
// Said once of a rule; exceptions of several overrides add up.
constexpr std::array<std::string_view, 5> kOnce = {"mode", "severity", "offer", "expires", "automatic"};

class Overriding {
public:
    Overriding(bool is_part, std::vector<Rule>& rules, Findings& findings) : is_part_(is_part), rules_(rules), findings_(findings) {}

    void apply(const Override& override) {
        const Node& node = override.node;
        if (!check_map(node, "an override", kOverrideFields, findings_)) return;
        const Node* name = text_of(node.find("rule"), "rule", findings_);
        if (name == nullptr) return;
        if (node.entries.size() == 1) {
            findings_.add(Code::kQ1104, node.where, "the override changes nothing", "say one of mode, severity, offer, expires, automatic, except");
            return;
        }
        Rule* rule = find(*name);
        if (rule == nullptr) return;
        for (const std::string_view key : kOnce)
            if (const Entry* entry = entry_of(node, key)) claim(*rule, *entry, override.name);
        change(node, *rule);
        except(node, *rule);
    }

    // When all are applied: one may change the offers, another what is done by itself.
    void finish() {
        for (const auto& [rule, value] : automatic_) {
            guard_automatic(*rule, value, findings_);
            if (value != nullptr) guard_approvers(*rule, *value, findings_);
        }
    }

private:
    static const Entry* entry_of(const Node& map, std::string_view key) {
        const auto found = std::find_if(map.entries.begin(), map.entries.end(), [&](const Entry& entry) { return entry.key.text == key; });
        return found == map.entries.end() ? nullptr : &*found;
    }

    Rule* find(const Node& name) {
        const std::size_t slash = name.text.find('/');
        const std::string_view text = name.text;
        const auto wanted = std::make_tuple(text.substr(0, slash), slash == std::string::npos ? std::string_view{} : text.substr(slash + 1));
        const auto key = [](const Rule& rule) { return std::make_tuple(std::string_view(rule.policy), std::string_view(rule.id)); };
        const auto found = std::lower_bound(rules_.begin(), rules_.end(), wanted, [&](const Rule& rule, const auto& value) { return key(rule) < value; });
        if (found != rules_.end() && key(*found) == wanted) return &*found;
        if (slash != std::string::npos && is_part_) return nullptr;
        std::vector<std::string> names;
        for (const Rule& rule : rules_)
            if (slash != std::string::npos || rule.id == text) names.push_back(rule.policy + "/" + rule.id);
        const std::vector<std::string_view> views(names.begin(), names.end());
        std::string hint = views.empty() ? "a rule is named as policy/id" : suggestion(text, views);
        if (views.size() > kMaxNamesInHint && !hint.starts_with("did you mean")) hint = "see quell policy list";
        findings_.add(Code::kQ1601, name.where, "there is no rule " + in_quotes(text) + " to override", std::move(hint), text);
        return nullptr;
    }

    void claim(const Rule& rule, const Entry& entry, const std::string& document) {
        const auto [first, is_new] = said_.try_emplace({rule.policy + "/" + rule.id, entry.key.text}, document, entry.key.where.line);
        if (is_new) return;
        const auto& [other, line] = first->second;
        findings_.add(Code::kQ1602, entry.key.where,
                      in_quotes(entry.key.text) + " of " + in_quotes(first->first.first) + " is changed by the override " + in_quotes(other) +
                          " already (line " + std::to_string(line) + ")",
                      "keep one of them", entry.key.text);
    }

    void change(const Node& node, Rule& rule) {
        read_mode(node.find("mode"), rule.mode, findings_);
        read_severity(node.find("severity"), rule, findings_);
        read_expires(node.find("expires"), rule, findings_);
        read_automatic(node.find("automatic"), rule, findings_);
        for (const char* key : {"offer", "automatic"})
            if (const Node* value = node.find(key)) automatic_[&rule] = value;
        if (node.find("offer") == nullptr) return;
        rule.offers.clear();
        read_offers(node.find("offer"), rule, findings_);
    }

    // The new ones are looked at by themselves, so that a finding is about this file.
    void except(const Node& node, Rule& rule) {
        if (node.find("except") == nullptr) return;
        std::vector<Group> own = std::move(rule.exceptions);
        rule.exceptions.clear();
        read_exceptions(node, rule, findings_);
        guard_exceptions(rule, findings_);
        std::move(own.begin(), own.end(), std::back_inserter(rule.exceptions));
        normalise(rule.exceptions);
        check_conditions(rule, findings_);
    }

    const bool is_part_;
    std::vector<Rule>& rules_;
    Findings& findings_;
    std::map<const Rule*, const Node*> automatic_;  // what may have changed whether it is offered
    // {rule, key} -> the document that says it, and the line
    std::map<std::pair<std::string, std::string>, std::pair<std::string, std::uint32_t>> said_;
};

}  // namespace

void apply_overrides(const std::vector<Override>& overrides, bool is_part, std::vector<Rule>& rules, Findings& findings) {
    Overriding overriding(is_part, rules, findings);
    for (const Override& override : overrides) overriding.apply(override);
    overriding.finish();
}

}  // namespace quell::policy
