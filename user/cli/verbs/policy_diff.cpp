// SPDX-License-Identifier: Apache-2.0
// What changes in meaning from one set of policy files to another, or from
// what runs to a set of files.
#include "policy/diff/diff.h"

#include <algorithm>
#include <cerrno>

#include "policy/limits.h"
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

// The files of the policy that runs, one call each. It may be replaced meanwhile: then they are of two.
std::optional<std::vector<policy::Source>> running_files(Invocation& invocation, std::int64_t& generation, int& code) {
    std::vector<policy::Source> sources;
    std::int64_t files = 1;
    for (std::int64_t index = 0; index < files; index++) {
        const auto reply = ask(invocation, "RunningPolicy", {{"index", index}}, code);
        if (!reply) return std::nullopt;
        const std::int64_t of = control::integer_member(*reply, "generation");
        if (index > 0 && of != generation) {
            code = report_error(invocation, Error{"another policy was applied meanwhile", EAGAIN, "try again"});
            return std::nullopt;
        }
        generation = of;
        files = std::min<std::int64_t>(control::integer_member(*reply, "files"), policy::kMaxFiles);
        if (files > 0) sources.push_back({control::string_member(*reply, "file"), control::string_member(*reply, "text")});
    }
    return sources;
}

int report_difference(Invocation& invocation, const policy::Checked& before, const policy::Checked& after, std::int64_t generation) {
    const policy::Difference difference = policy::difference(before, after);
    if (invocation.json) {
        Json json = difference_json(difference);
        if (generation != 0) json["generation"] = generation;
        print_json(invocation, json);
    } else {
        invocation.out.print((generation == 0 ? "" : "from what runs, generation " + std::to_string(generation) + ":\n") +
                             difference_text(difference, invocation.out));
    }
    return difference.empty() ? kDone : kFailed;
}

}  // namespace

int run_policy_diff(Invocation& invocation) {
    const std::string first = invocation.has("A") ? invocation.value("A") : kPolicyDirectory;
    std::int64_t generation = 0;
    if (invocation.has("B")) {
        const auto before = check_policy_files(invocation, std::vector{first});
        if (!before) return kFailed;
        const auto after = check_policy_files(invocation, std::vector{invocation.value("B")});
        return after ? report_difference(invocation, before->checked, after->checked, generation) : kFailed;
    }
    int code = kDone;
    auto running = running_files(invocation, generation, code);
    if (!running) return code;
    const auto before = check_policy_sources(invocation, std::move(*running));
    if (!before) return kFailed;
    const auto after = check_policy_files(invocation, std::vector{first});
    return after ? report_difference(invocation, before->checked, after->checked, generation) : kFailed;
}

}  // namespace quell::cli
