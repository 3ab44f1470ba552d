// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_files.h"

#include "policy/render.h"
#include "user/base/escape.h"

namespace quell::cli {

std::optional<std::vector<policy::Source>> read_policy_files(Invocation& invocation, std::span<const std::string> paths) {
    auto sources = policy::read_sources(paths);
    if (sources) return std::move(sources).value();
    report_error(invocation, sources.error());
    return std::nullopt;
}

std::optional<CheckedFiles> check_policy_files(Invocation& invocation, std::span<const std::string> paths) {
    auto sources = read_policy_files(invocation, paths);
    if (!sources) return std::nullopt;
    CheckedFiles files{std::move(*sources), {}};
    std::vector<policy::SourceText> texts(files.sources.begin(), files.sources.end());
    policy::Findings findings(texts);
    files.checked = policy::check(texts, policy::Options{.allow_empty = true}, findings);
    if (!findings.has_errors()) return files;
    report_findings(invocation, findings.take());
    return std::nullopt;
}

int report_error(Invocation& invocation, const Error& error) {
    if (invocation.json) print_json(invocation, {{"error", "io.quell.Failed"}, {"parameters", {{"reason", escape(error.message)}}}});
    invocation.out.note(safe(error.message) + (error.hint.empty() ? "" : "\n  hint: " + safe(error.hint)));
    return kFailed;
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
