// SPDX-License-Identifier: Apache-2.0
// What the tests of Falco's rules share.
#pragma once

#include "policy/import/falco/rules.h"
#include "support.h"

namespace quell::policy::falco::test {

using policy::test::slurp;
using policy::test::summary;

inline std::string repeat(std::string_view text, std::size_t count) {
    std::string all;
    while (count-- > 0) all += text;
    return all;
}

struct Outcome {
    Rules rules;
    std::vector<Finding> findings;
};

// Each text is a file; the first is a.yaml, then b.yaml …
inline Outcome read(const std::vector<std::string>& texts) {
    std::vector<Source> sources;
    for (const std::string& text : texts) sources.push_back({std::string(1, static_cast<char>('a' + sources.size() % 26)) + ".yaml", text});
    const std::vector<SourceText> views(sources.begin(), sources.end());
    Findings findings(views);
    Outcome outcome;
    outcome.rules = read_rules(views, findings);
    outcome.findings = findings.take();
    return outcome;
}

inline Outcome read(std::string text) { return read(std::vector<std::string>{std::move(text)}); }

// What is wrong, apart from lists and macros that nothing uses.
inline std::string errors(const Outcome& outcome) {
    std::vector<Finding> kept;
    for (const Finding& finding : outcome.findings)
        if (finding.code != Code::kQ2206 && finding.code != Code::kQ2005) kept.push_back(finding);
    return summary(kept);
}

// A rule of six lines; its condition stands in the last one, from column 14 on.
inline std::string rule(std::string_view condition, std::string_view name = "r", std::string_view more = "") {
    return "- rule: " + std::string(name) + "\n  desc: d\n  output: o\n  priority: notice\n" + std::string(more) +
           "  condition: " + std::string(condition) + "\n";
}

inline std::string macro(std::string_view name, std::string_view condition) {
    return "- macro: " + std::string(name) + "\n  condition: " + std::string(condition) + "\n";
}

inline std::string list(std::string_view name, std::string_view items) {
    return "- list: " + std::string(name) + "\n  items: [" + std::string(items) + "]\n";
}

// The condition of the only rule, or the errors.
inline std::string condition_of(const Outcome& outcome) {
    const std::string wrong = errors(outcome);
    if (!wrong.empty() || outcome.rules.rules.size() != 1) return "[" + wrong + "]";
    return to_text(*outcome.rules.rules[0].condition);
}

inline std::string condition_of(const std::string& text) { return condition_of(read(text)); }

}  // namespace quell::policy::falco::test
