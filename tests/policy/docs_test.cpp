// SPDX-License-Identifier: Apache-2.0
// docs/policy.md: every example is run. ```yaml is a whole policy that is
// accepted without a finding; ```yaml overrides is one beside the pack; ```yaml
// rule is one rule; ```yaml Q1234 is a rule in which exactly that is found. Words and codes are all listed.
#include <gtest/gtest.h>

#include "policy/check/field_table.h"
#include "support.h"
#include "user/base/vocabulary.h"

namespace quell::policy::test {
namespace {

struct Example {
    std::string kind;
    std::string text;
};

const std::string& document() {
    static const std::string text = slurp(QUELL_SOURCE_DIR "/docs/policy.md");
    return text;
}

std::vector<Example> examples() {
    std::vector<Example> all;
    std::istringstream lines(document());
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        if (!inside && line.starts_with("```yaml")) {
            all.push_back({line.size() > 8 ? line.substr(8) : "", ""});
            inside = true;
        } else if (inside && line == "```") {
            inside = false;
        } else if (inside) {
            all.back().text += line + "\n";
        }
    }
    return all;
}

// A rule as an entry of spec.rules.
std::string indented(const std::string& text) {
    std::istringstream lines(text);
    std::string result;
    for (std::string line; std::getline(lines, line);) result += "    " + line + "\n";
    return result;
}

TEST(PolicyDocument, ExamplesDoWhatTheySay) {
    const std::vector<Example> all = examples();
    ASSERT_GE(all.size(), 8u);
    for (const Example& example : all) {
        const bool is_document = example.kind.empty() || example.kind == "overrides";
        std::vector<Source> sources{{"t.yaml", is_document ? example.text : policy(indented(example.text))}};
        if (example.kind == "overrides") sources.push_back({"pack.yaml", slurp(QUELL_SOURCE_DIR "/policy/packs/notable-events.yaml")});
        const CompileResult result = compile(sources);
        if (is_document || example.kind == "rule") {
            EXPECT_EQ(summary(result.findings), "") << example.text;
            EXPECT_TRUE(result.image) << example.text;
        } else {
            ASSERT_EQ(result.findings.size(), 1u) << example.text << summary(result.findings);
            EXPECT_EQ(code_name(result.findings[0].code), example.kind) << example.text;
        }
    }
}

TEST(PolicyDocument, ListsEveryWordAndCode) {
    const auto listed = [](std::string_view word) { return document().find("`" + std::string(word) + "`") != std::string::npos; };
    for (std::string_view word : kOperationWords) EXPECT_TRUE(listed(word)) << word;
    for (std::string_view word : kResponseWords) EXPECT_TRUE(listed(word)) << word;
    for (std::string_view word : kSeverityWords) EXPECT_TRUE(listed(word)) << word;
    for (const FieldRow& field : kFieldRows) {
        const auto row = "| `" + std::string(field.word) + "` | " + (field.place == FieldPlace::kSubject ? "where" : "match") + " |";
        EXPECT_NE(document().find(row), std::string::npos) << field.word;
        EXPECT_NE(document().find(field.text), std::string::npos) << field.word;
    }
    for (const NumberWord& type : kTypeWords) EXPECT_TRUE(listed(type.word)) << type.word;
    for (const NumberWord& bits : kBitWords) EXPECT_TRUE(listed(bits.word)) << bits.word;
#define CODE(code, severity, title, explanation) \
    EXPECT_NE(document().find("| " #code " | " title " |"), std::string::npos) << #code;
#include "policy/codes.def"
#undef CODE
}

}  // namespace
}  // namespace quell::policy::test
