// SPDX-License-Identifier: Apache-2.0
// Any bytes as a policy file: findings or an image, never a crash. What is
// accepted must also be readable by the image's interpreter, and say the same
// as the reference matcher.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "policy/compile/compile.h"
#include "policy/policy.h"
#include "policy/render.h"
#include "tests/policy/interpreter.h"

namespace {

using namespace quell::policy;

void same_meaning(const std::vector<Source>& sources, const Image& image) {
    const std::vector<SourceText> texts{SourceText(sources[0])};
    Findings findings(texts);
    const Checked checked = check(texts, Options{.allow_empty = true}, findings);
    const test::Interpreter interpreter(image);
    for (const Rule& rule : checked.rules) {
        for (const Pattern& pattern : rule.paths) {
            for (std::uint32_t operation = 0; operation < QUELL_OP_COUNT; operation++) {
                const std::string inside = pattern.base == "/" ? "/entry" : pattern.base + "/entry";
                const bool exact = pattern.kind == Pattern::Kind::kExact;
                reference::Act act;
                act.operation = operation;
                act.subject = QUELL_SUBJECT_CONTAINER;
                act.path = exact ? pattern.base : inside;
                std::set<std::string> expected;
                for (const Rule* fired : reference::matches(checked.rules, act))
                    expected.insert(fired->policy + "/" + fired->id);
                // the interpreter cuts BELOW sets as the kernel does
                if (checked.rules.size() <= 100 && interpreter.matches(act) != expected) std::abort();
            }
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<Source> sources{{"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)}};
    const CompileResult result = compile(sources, Options{.allow_empty = true});
    (void)render_text(result.findings, true);
    if (result.image) same_meaning(sources, *result.image);
    if (!result.image && result.findings.empty()) std::abort();
    return 0;
}
