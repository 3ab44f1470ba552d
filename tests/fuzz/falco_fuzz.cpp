// SPDX-License-Identifier: Apache-2.0
// Any bytes as a rule file of Falco: findings or rules, never a crash. What is
// accepted must be read the same when it is written out again, and its normal
// form must stay within its bounds.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "policy/import/falco/census.h"
#include "policy/import/falco/normal_form.h"
#include "policy/limits.h"
#include "policy/render.h"

namespace {

using namespace quell::policy;

// A backslash before a quote is the one thing that Falco's quotes cannot hold.
bool can_be_written(const std::string& text) { return text.find('\\') == std::string::npos; }

// The one style of YAML that holds ends of lines and control characters as they are.
std::string in_yaml(const std::string& text) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string yaml = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f)
            yaml += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
        else
            yaml += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    }
    return yaml + "\"";
}

void reads_back(const std::string& text) {
    const std::vector<Source> sources{{"again.yaml", "- {rule: r, desc: d, output: o, priority: debug, condition: " + in_yaml(text) + "}\n"}};
    const std::vector<SourceText> texts{SourceText(sources[0])};
    Findings findings(texts);
    const falco::Rules rules = falco::read_rules(texts, findings);
    if (rules.rules.size() == 1 && to_text(*rules.rules[0].condition) != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<Source> sources{{"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)}};
    const std::vector<SourceText> texts{SourceText(sources[0])};
    Findings findings(texts);
    const falco::Rules rules = falco::read_rules(texts, findings);
    for (const falco::Rule& rule : rules.rules) {
        if (rule.condition->nodes > kMaxFalcoTreeNodes || rule.condition->depth > kMaxFalcoTreeDepth) std::abort();
        const auto form = falco::normal_form(rule, findings);
        if (form && form->alternatives.size() > kMaxFalcoAlternatives) std::abort();
        const std::string text = to_text(*rule.condition);
        if (text.size() < 4'096 && can_be_written(text)) reads_back(text);
    }
    (void)falco::census(rules.rules).dump();
    (void)render_text(findings.take(), true);
    return 0;
}
