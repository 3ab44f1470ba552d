// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_files.h"

#include "policy/check/words.h"
#include "policy/describe/rule_keys.h"
#include "policy/limits.h"
#include "policy/render.h"
#include "user/base/escape.h"

namespace quell::cli {

std::optional<std::vector<policy::Source>> read_policy_files(Invocation& invocation, std::span<const std::string> paths) {
    auto sources = policy::read_sources(paths);
    if (sources) return std::move(sources).value();
    report_error(invocation, sources.error());
    return std::nullopt;
}

std::optional<CheckedFiles> check_policy_sources(Invocation& invocation, std::vector<policy::Source> sources) {
    CheckedFiles files{std::move(sources), {}};
    std::vector<policy::SourceText> texts(files.sources.begin(), files.sources.end());
    policy::Findings findings(texts);
    files.checked = policy::check(texts, policy::Options{.allow_empty = true}, findings);
    if (!findings.has_errors()) return files;
    report_findings(invocation, findings.take());
    return std::nullopt;
}

std::optional<CheckedFiles> check_policy_files(Invocation& invocation, std::span<const std::string> paths) {
    auto sources = read_policy_files(invocation, paths);
    return sources ? check_policy_sources(invocation, std::move(*sources)) : std::nullopt;
}

const policy::Rule* find_rule(const std::vector<policy::Rule>& rules, const std::string& wanted, Error& why) {
    const policy::Rule* found = nullptr;
    std::vector<std::string> names;
    std::string several;
    for (const policy::Rule& rule : rules) {
        names.push_back(policy::full_name(rule));
        if (wanted == names.back()) return &rule;
        if (wanted != rule.id) continue;
        several += (several.empty() ? "" : ", ") + names.back();
        if (found == nullptr) found = &rule;
    }
    if (several.find(',') != std::string::npos) {
        why = Error{"several policies have a rule " + policy::in_quotes(wanted), EINVAL, "name one of " + several};
        return nullptr;
    }
    if (found != nullptr) return found;
    std::vector<std::string_view> words;
    const bool is_full = wanted.find('/') != std::string::npos;
    for (std::size_t i = 0; i < rules.size(); i++) words.push_back(is_full ? std::string_view(names[i]) : std::string_view(rules[i].id));
    std::string hint = policy::suggestion(wanted, words);
    if (words.size() > policy::kMaxNamesInHint && !hint.starts_with("did you mean")) hint.clear();
    why = Error{"there is no rule " + policy::in_quotes(wanted), ENOENT, std::move(hint)};
    return nullptr;
}

int report_findings(Invocation& invocation, std::span<const policy::Finding> findings) {
    if (invocation.json)
        print_json(invocation, {{"error", "io.quell.PolicyInvalid"}, {"parameters", {{"findings", policy::findings_to_json(findings)}}}});
    else
        invocation.out.prompt(policy::render_text(findings, false));
    return kFailed;
}

Json safe_list(std::span<const std::string> texts) {
    Json list = Json::array();
    for (const std::string& text : texts) list.push_back(escape(text));
    return list;
}

}  // namespace quell::cli
