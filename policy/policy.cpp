// SPDX-License-Identifier: Apache-2.0
#include "policy/policy.h"

#include "policy/compile/compile.h"

namespace quell::policy {

CompileResult compile(std::span<const Source> sources, const Options& options) {
    std::vector<SourceText> texts;
    texts.reserve(sources.size());
    for (const Source& source : sources) texts.emplace_back(source);
    Findings findings(texts);
    Checked checked = check(texts, options, findings);
    CompileResult result;
    if (!findings.has_errors()) {
        Image image = compile_image(checked, texts, findings);
        if (!findings.has_errors()) result.image = std::move(image);
        for (const Rule& rule : checked.rules)
            if (rule.mode != Mode::kOn) result.moded.push_back({rule.policy, rule.id, sources[rule.where.source].file, rule.mode});
    }
    result.findings = findings.take();
    result.versions = std::move(checked.versions);
    return result;
}

}  // namespace quell::policy
