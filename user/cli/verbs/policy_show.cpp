// SPDX-License-Identifier: Apache-2.0
// One rule as it is understood, with what the file does not say.
#include "policy/describe/operations.h"
#include "policy/describe/rule_keys.h"

#include <algorithm>

#include "user/base/escape.h"
#include "user/cli/policy_files.h"

namespace quell::cli {

namespace {

constexpr std::size_t kKeyColumns = 17;

std::string joined_words(std::span<const std::string_view> words) {
    std::string text;
    for (const std::string_view word : words) text += (text.empty() ? "" : " ") + std::string(word);
    return text.empty() ? "none" : text;
}

std::string line(std::string_view key, const std::string& value) {
    return "  " + std::string(key) + std::string(kKeyColumns - std::min(kKeyColumns, key.size()), ' ') + "  " + value + "\n";
}

// Paths have a line each: they are long, and looked for one by one.
std::string key_text(const policy::KeyValue& one) {
    const std::string mark = one.is_default ? " (default)" : "";
    if (one.values.empty()) return line(one.key, "none" + mark);
    std::string text, words;
    const bool has_paths = one.values.front().starts_with('/') && one.shape != policy::KeyShape::kText;
    for (const std::string& value : one.values) {
        if (has_paths)
            text += line(text.empty() ? one.key : "", escape(value) + mark);
        else
            words += (words.empty() ? "" : ", ") + escape(value);
    }
    return has_paths ? text : line(one.key, words + mark);
}

Json rule_json(const policy::Rule& rule, const std::string& file) {
    Json keys = Json::object(), defaults = Json::array();
    for (const policy::KeyValue& one : policy::key_values(rule)) {
        if (one.shape == policy::KeyShape::kText)
            keys[std::string(one.key)] = one.values.empty() ? Json() : Json(escape(one.values.front()));
        else
            keys[std::string(one.key)] = safe_list(one.values);
        if (one.is_default) defaults.push_back(one.key);
    }
    return {{"rule", policy::full_name(rule)}, {"file", escape(file)}, {"line", rule.where.line}, {"keys", std::move(keys)},
            {"defaults", std::move(defaults)}, {"hooks", policy::hooks_of(rule.operations)}};
}

}  // namespace

int run_policy_show(Invocation& invocation) {
    std::vector<std::string> paths = invocation.all("FILES");
    if (paths.empty()) paths = {kPolicyDirectory};
    const auto files = check_policy_files(invocation, paths);
    if (!files) return kFailed;
    Error why;
    const policy::Rule* rule = find_rule(files->checked.rules, invocation.value("RULE"), why);
    if (rule == nullptr) return report_error(invocation, why);
    const std::string& file = files->sources[rule->where.source].file;
    if (invocation.json) return print_json(invocation, rule_json(*rule, file)), kDone;
    std::string text = invocation.out.paint(Colour::Bold, policy::full_name(*rule)) + "  " + escape(file) + ":" + std::to_string(rule->where.line) + "\n";
    for (const policy::KeyValue& one : policy::key_values(*rule)) text += key_text(one);
    invocation.out.print(text + line("hooks", joined_words(policy::hooks_of(rule->operations))));
    return kDone;
}

}  // namespace quell::cli
