// SPDX-License-Identifier: Apache-2.0
// Any bytes as a rule file of Falco, imported: what comes out is a policy that
// `policy check` accepts, and every rule has an outcome that fits the rest.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "policy/import/falco/import.h"
#include "policy/limits.h"
#include "policy/policy.h"

namespace {

using namespace quell::policy;

void import_with(const std::vector<Source>& sources, const falco::ImportOptions& options, bool compiles) {
    const falco::Imported imported = falco::import_rules(sources, options);
    std::size_t rules = 0;
    for (const falco::ImportedRule& rule : imported.rules) {
        const bool is_not = rule.outcome == falco::Fidelity::kNot;
        if ((is_not && !rule.ids.empty()) || rule.reason.empty() == is_not || rule.ids.size() > kMaxFalcoRulesPerRule) std::abort();
        rules += rule.ids.size();
    }
    if (!compiles || imported.files.empty()) return;
    std::vector<Source> policies;
    for (const falco::ImportedFile& file : imported.files) policies.push_back({file.name, file.text});
    const CompileResult compiled = compile(policies);
    if (!compiled.image || compiled.image->own_rules() != rules) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<Source> sources{{"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)}};
    import_with(sources, {falco::Language::now(), true}, true);
    import_with(sources, {falco::Language::whole(), false}, false);
    return 0;
}
