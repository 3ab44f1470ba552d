// SPDX-License-Identifier: Apache-2.0
// What changes in meaning from one set of policy files to another.
#include "policy/diff/diff.h"

#include <algorithm>

#include "user/base/escape.h"
#include "user/cli/policy_files.h"

namespace quell::cli {

namespace {

using policy::KeyChange;
using policy::KeyShape;

std::string words(std::span<const std::string> values) {
    std::string text;
    for (const std::string& value : values) text += (text.empty() ? "" : ", ") + escape(value);
    return text.empty() ? "none" : text;
}

std::string key_text(const KeyChange& change) {
    if (change.key == policy::kUnknownKey) return "  what changed is a key that this command does not show\n";
    if (change.shape != KeyShape::kSet) return "  " + change.key + ": " + words(change.before) + " -> " + words(change.after) + "\n";
    // Of a set, what came and went: the rest may be thousands of paths.
    std::vector<std::string> gone, come;
    std::ranges::set_difference(change.before, change.after, std::back_inserter(gone));
    std::ranges::set_difference(change.after, change.before, std::back_inserter(come));
    std::string text = "  " + change.key + ":\n";
    for (const std::string& value : gone) text += "    - " + escape(value) + "\n";
    for (const std::string& value : come) text += "    + " + escape(value) + "\n";
    return text;
}

Json value_json(KeyShape shape, std::span<const std::string> values) {
    if (shape != KeyShape::kText) return safe_list(values);
    return values.empty() ? Json() : Json(escape(values.front()));
}

Json difference_json(const policy::Difference& difference) {
    Json changed = Json::array();
    for (const policy::RuleChange& rule : difference.changed) {
        Json keys = Json::array();
        for (const KeyChange& change : rule.keys)
            keys.push_back({{"key", change.key}, {"old", value_json(change.shape, change.before)}, {"new", value_json(change.shape, change.after)}});
        changed.push_back({{"rule", rule.rule}, {"keys", std::move(keys)}});
    }
    return {{"equal", difference.empty()}, {"added", difference.added}, {"removed", difference.removed}, {"changed", std::move(changed)}};
}

std::string difference_text(const policy::Difference& difference, const Terminal& out) {
    std::string text;
    for (const std::string& rule : difference.removed) text += out.paint(Colour::Red, "removed") + " " + rule + "\n";
    for (const std::string& rule : difference.added) text += out.paint(Colour::Green, "added") + " " + rule + "\n";
    for (const policy::RuleChange& rule : difference.changed) {
        text += out.paint(Colour::Yellow, "changed") + " " + rule.rule + "\n";
        for (const KeyChange& change : rule.keys) text += key_text(change);
    }
    return text.empty() ? "no difference in meaning\n" : text;
}

}  // namespace

int run_policy_diff(Invocation& invocation) {
    const auto before = check_policy_files(invocation, std::vector{invocation.value("A")});
    if (!before) return kFailed;
    const auto after = check_policy_files(invocation, std::vector{invocation.value("B")});
    if (!after) return kFailed;
    const policy::Difference difference = policy::difference(before->checked, after->checked);
    if (invocation.json)
        print_json(invocation, difference_json(difference));
    else
        invocation.out.print(difference_text(difference, invocation.out));
    return difference.empty() ? kDone : kFailed;
}

}  // namespace quell::cli
