// SPDX-License-Identifier: Apache-2.0
// Rule files as a whole: shapes, places in every YAML style, and the files of
// falco/broken/, which say what must be found in them: `# expect: Q2001 3:7`.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "falco_support.h"
#include "policy/limits.h"

namespace quell::policy::falco::test {
namespace {

const std::string kFolder = QUELL_SOURCE_DIR "/tests/policy/falco";

std::string place(const Location& where) { return std::to_string(where.line) + ":" + std::to_string(where.column); }

// Where each comparison of a condition stands; to_text() says which it is.
std::string places(const Expression& tree) {
    if (tree.check != nullptr) return place(tree.where) + " ";
    std::string all;
    for (const ExpressionPtr& child : tree.children) all += places(*child);
    return all;
}

std::string places(const std::string& condition) {
    const Outcome outcome = read(rule(condition));
    if (outcome.rules.rules.empty()) return errors(outcome);
    return places(*outcome.rules.rules[0].condition);
}

TEST(FalcoRead, PlacesInEveryStyle) {
    EXPECT_EQ(places("a.b=c and d.e=f"), "5:14 5:24 ");
    EXPECT_EQ(places("a.b=c and\n    d.e=f\n    and g.h=i"), "5:14 6:5 7:9 ") << "plain, on several lines";
    EXPECT_EQ(places(">\n    a.b=c\n    and d.e=f\n\n    and g.h=i\n"), "6:5 7:9 9:9 ") << "folded";
    EXPECT_EQ(places(">-  # why\n      a.b=c\n        and d.e=f\n"), "6:7 7:13 ") << "more indented";
    EXPECT_EQ(places("|\n    a.b=c and\n      d.e=f\n"), "6:5 7:7 ") << "literal";
    EXPECT_EQ(places("'a.b=''c'' and d.e=f'"), "5:15 5:29 ") << "single quotes";
    EXPECT_EQ(places("\"a.b=\\\"c\\\" and d.e=f\""), "5:15 5:29 ") << "double quotes";
    EXPECT_EQ(places("\"a.b=c\\n and \\\n     d.e=f\""), "5:15 6:6 ") << "escapes that stand for blanks";
    EXPECT_EQ(places("\"a.b=\\x41 and d.e=f\""), "5:15 5:19 ") << "all of the rest is where an odd escape is";
    EXPECT_EQ(places("a.b=\xc3\xa4 and d.e=f"), "5:14 5:25 ") << "bytes";
    EXPECT_EQ(places("a.b=c\tand\td.e=f"), "5:14 5:24 ") << "tabs are accepted";
}

TEST(FalcoRead, PlacesOfErrors) {
    EXPECT_EQ(errors(read(rule(">\n    a.b=c\n    and d.e = \n    and )\n"))), "Q2101@8:9");
    EXPECT_EQ(errors(read(rule("a.b=c") + "- rule: r\n  append: true\n  condition: and oops\n")), "Q2201@8:18")
        << "an error in what was appended is there, not at the rule";
    const Outcome two = read({rule("a.b=c"), "- rule: r\n  append: true\n  condition: and oops\n"});
    ASSERT_EQ(two.findings.size(), 2u);
    EXPECT_EQ(two.findings[1].file, "b.yaml");
    EXPECT_EQ(two.findings[1].line, 3u);
}

TEST(FalcoRead, Metadata) {
    const Outcome outcome = read(slurp(kFolder + "/good/metadata.yaml"));
    EXPECT_EQ(errors(outcome), "");
    ASSERT_EQ(outcome.rules.rules.size(), 2u);
    const Rule& rule = outcome.rules.rules[0];
    EXPECT_EQ(rule.name, "Everything said");
    EXPECT_EQ(place(rule.where), "8:9");
    EXPECT_EQ(rule.description, "two lines in one\n");
    EXPECT_EQ(rule.output, "something by %user.name");
    EXPECT_EQ(rule.priority, Priority::kInformational);
    EXPECT_EQ(rule.source, "k8s_audit");
    EXPECT_EQ(rule.tags, (std::vector<std::string>{"host", "T1059"}));
    EXPECT_FALSE(rule.enabled);
    EXPECT_FALSE(rule.warn_event_types);
    EXPECT_TRUE(rule.skip_if_unknown_filter);
    EXPECT_TRUE(rule.capture);
    const Rule& bare = outcome.rules.rules[1];
    EXPECT_EQ(bare.source, "syscall");
    EXPECT_EQ(bare.priority, Priority::kEmergency);
    EXPECT_TRUE(bare.enabled && bare.warn_event_types);
    EXPECT_FALSE(bare.skip_if_unknown_filter || bare.capture);
    ASSERT_EQ(outcome.rules.requirements.size(), 2u);
    EXPECT_EQ(outcome.rules.requirements[0].version, "0.31.0");
    EXPECT_EQ(outcome.rules.requirements[0].plugin, "");
    EXPECT_EQ(outcome.rules.requirements[1].plugin, "k8saudit");
}

TEST(FalcoRead, PrioritiesAndFlags) {
    const auto priority = [](const std::string& word) {
        const Outcome outcome = read("- {rule: r, desc: d, output: o, condition: a.b=c, priority: " + word + "}\n");
        return outcome.rules.rules.empty() ? summary(outcome.findings) : std::string(priority_word(outcome.rules.rules[0].priority));
    };
    for (const char* word : {"emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"}) EXPECT_EQ(priority(word), word);
    EXPECT_EQ(priority("INFO"), "informational");
    EXPECT_EQ(priority("Warning"), "warning");
    EXPECT_EQ(priority("high"), "Q1105@1:61");
    for (const char* yes : {"true", "True", "yes", "on"}) EXPECT_EQ(read(rule("a.b=c", "r", "  enabled: " + std::string(yes) + "\n")).rules.rules[0].enabled, true);
    for (const char* no : {"false", "FALSE", "no", "off"}) EXPECT_EQ(read(rule("a.b=c", "r", "  enabled: " + std::string(no) + "\n")).rules.rules[0].enabled, false);
    EXPECT_EQ(errors(read(rule("a.b=c", "r", "  enabled: 1\n"))), "Q1105@5:12");
}

TEST(FalcoRead, DocumentsAndEmptyFiles) {
    const Outcome outcome = read("---\n" + rule("a.b=c", "one") + "---\n" + rule("a.b=c", "two") + "...\n---\n# nothing\n");
    EXPECT_EQ(errors(outcome), "");
    EXPECT_EQ(outcome.rules.rules.size(), 2u);
    for (const char* text : {"", "# only a comment\n", "---\n", "---\n---\n", "[]\n", "- \n"}) EXPECT_EQ(summary(read(text).findings), "") << text;
    EXPECT_EQ(summary(read(repeat("--- []\n", 65)).findings), "Q1007@65:1");
    EXPECT_EQ(summary(read(",\n").findings), "Q1007@1:1") << "yaml-cpp gives documents for ever";
}

TEST(FalcoRead, TabsAndLongLines) {
    EXPECT_EQ(errors(read("# a\tcomment\n" + rule("a.b=c\t"))), "");
    EXPECT_EQ(errors(read("- rule: r\n\tdesc: d\n")), "Q1005@2:1") << "YAML itself has none for indentation";
    EXPECT_EQ(errors(read(rule("a.b=c", "r", "  tags: ['" + std::string(20'000, 'x') + "']\n"))), "");
    EXPECT_EQ(errors(read("# " + std::string(kMaxFalcoLineBytes, 'x') + "\n")), "Q1004@1:1");
    EXPECT_EQ(errors(read(std::string(kMaxFalcoFileBytes + 1, '\n'))), "Q1001");
}

std::vector<std::string> broken_files() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder + "/broken")) names.push_back(entry.path().stem());
    std::sort(names.begin(), names.end());
    return names;
}

class FalcoBroken : public testing::TestWithParam<std::string> {};

TEST_P(FalcoBroken, IsFoundAtItsPlace) {
    const std::string text = slurp(kFolder + "/broken/" + GetParam() + ".yaml");
    const Outcome outcome = read(text);
    EXPECT_EQ(summary(outcome.findings), policy::test::expected(text));
    EXPECT_FALSE(outcome.findings.empty());
    for (const Finding& finding : outcome.findings) EXPECT_FALSE(finding.message.empty());
}

INSTANTIATE_TEST_SUITE_P(Files, FalcoBroken, testing::ValuesIn(broken_files()), [](const auto& chosen) {
    std::string name = chosen.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

}  // namespace
}  // namespace quell::policy::falco::test
