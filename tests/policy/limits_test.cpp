// SPDX-License-Identifier: Apache-2.0
// Large policies: what is accepted, in which time, and what is said beyond.
#include <gtest/gtest.h>

#include <ctime>

#include "policy/compile/compile.h"
#include "policy/limits.h"
#include "support.h"

namespace quell::policy::test {
namespace {

const std::vector<Source> kNowhere{{"made.yaml", ""}};

// Rules as check() makes them, without the time for their text.
Checked made(std::size_t rules, std::size_t paths_each, std::uint32_t operations, bool one_directory) {
    Checked checked;
    for (std::size_t i = 0; i < rules; i++) {
        Rule rule;
        rule.policy = "made";
        rule.id = "r" + std::to_string(i);
        rule.where.line = 1;
        rule.operations = operations;
        rule.subjects = QUELL_SUBJECT_HOST;
        rule.severity = i % 5;
        for (std::size_t path = 0; path < paths_each; path++)
            rule.paths.push_back({Pattern::Kind::kCover,
                                  (one_directory ? "/d" : "/d" + std::to_string(i % 97)) + "/r" + std::to_string(i) + "/p" +
                                      std::to_string(path),
                                  {}});
        checked.rules.push_back(std::move(rule));
    }
    return checked;
}

struct Outcome {
    Image image;
    std::vector<Finding> findings;
};

Outcome run(const Checked& checked) {
    const std::vector<SourceText> texts{SourceText(kNowhere[0])};
    Findings findings(texts);
    Image image = compile_image(checked, texts, findings);
    return {std::move(image), findings.take()};
}

TEST(Limits, TwentyThousandRulesFromText) {
    const std::clock_t start = std::clock();  // of the processor: others may be busy
    std::string rules;
    for (std::size_t i = 0; i < kMaxRules; i++)
        rules += rule("r" + std::to_string(i), "/d" + std::to_string(i % 97) + "/f" + std::to_string(i), "delete", "host");
    const CompileResult result = compile_text(policy(rules));
    ASSERT_TRUE(result.image) << summary(result.findings);
    EXPECT_EQ(result.image->rules.size(), kMaxRules + 1);
    EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 60) << "2 s without sanitizers";
}

std::string with_arguments(std::string_view id, const std::string& patterns) {
    return "    - id: " + std::string(id) + "\n      severity: low\n      on: [exec]\n      match: {arguments: [" + patterns + "]}\n";
}

TEST(Limits, PatternsThatAreTooLong) {
    EXPECT_TRUE(compile_text(policy(with_arguments("r", std::string(1'024, 'a')))).image);
    const auto refused = compile_text(policy(with_arguments("r", std::string(1'025, 'a'))));
    EXPECT_TRUE(summary(refused.findings).starts_with("Q1119@")) << summary(refused.findings);
}

// Each letter is a state of its own where patterns begin with different numbers.
TEST(Limits, PatternsThatAreTooMany) {
    constexpr std::size_t kRules = 30, kEach = 10, kBytes = 600;
    std::string rules;
    for (std::size_t i = 0; i < kRules; i++) {
        std::string patterns;
        for (std::size_t j = 0; j < kEach; j++) patterns += (j == 0 ? "" : ", ") + ("p" + std::to_string(i * kEach + j) + "-") + std::string(kBytes, 'x');
        rules += with_arguments("r" + std::to_string(i), patterns);
    }
    const auto refused = compile_text(policy(rules));
    EXPECT_FALSE(refused.image);
    EXPECT_NE(summary(refused.findings).find("Q1409"), std::string::npos) << summary(refused.findings);
}

// Where each of many directories may or may not have been the one that is meant, all combinations are states.
TEST(Limits, WildcardsThatMultiply) {
    const auto path = [](std::size_t stars) {
        std::string text = "/**/a";
        for (std::size_t i = 0; i < stars; i++) text += "/*";
        return text + "/b";
    };
    EXPECT_TRUE(compile_text(policy(rule("r", path(8), "delete"))).image);
    const auto refused = compile_text(policy(rule("r", path(40), "delete")));
    EXPECT_FALSE(refused.image);
    EXPECT_TRUE(summary(refused.findings).starts_with("Q1412@")) << summary(refused.findings);
}

TEST(Limits, WildcardsBesideManyRulesOnOneName) {
    const auto with = [](std::size_t wild) {
        std::string rules;
        for (std::size_t i = 0; i < 60; i++) rules += rule("exact" + std::to_string(i), "/var/log/name", "delete");
        for (std::size_t i = 0; i < wild; i++) rules += rule("wild" + std::to_string(i), "/var/*/name", "delete");
        return compile_text(policy(rules));
    };
    EXPECT_TRUE(with(kMaxRulesPerObject - 60).image);
    const auto refused = with(kMaxRulesPerObject - 59);
    EXPECT_FALSE(refused.image);
    EXPECT_NE(summary(refused.findings).find("Q1413"), std::string::npos) << summary(refused.findings);
}

TEST(Limits, MoreRulesThanAccepted) {
    std::string rules;
    for (std::size_t i = 0; i < kMaxRules / 2 + 1; i++)
        rules += "    - {id: r" + std::to_string(i) + ", severity: low, on: [delete], match: {path: [/f]}}\n";
    const std::vector<Source> sources{{"a.yaml", policy(rules, "a")}, {"b.yaml", policy(rules, "b")}};
    EXPECT_EQ(summary(compile(sources).findings), "Q1401");
}

TEST(Limits, MorePathsThanAccepted) {
    std::vector<Source> sources;
    for (std::size_t file = 0; file * kMaxPathsPerRule <= kMaxPaths; file++) {
        std::string text = "    - id: r\n      severity: low\n      on: [delete]\n      match:\n        path:\n";
        for (std::size_t i = 0; i < kMaxPathsPerRule; i++) text += "          - /p" + std::to_string(i) + "\n";
        sources.push_back({"a.yaml", policy(text, "p" + std::to_string(file))});
    }
    EXPECT_EQ(summary(compile(sources).findings), "Q1402");
    std::string text = "    - id: r\n      severity: low\n      on: [delete]\n      match:\n        path:\n";
    for (std::size_t i = 0; i <= kMaxPathsPerRule; i++) text += "          - /p" + std::to_string(i) + "\n";
    EXPECT_EQ(summary(compile_text(policy(text)).findings), "Q1108@4107:13");
}

TEST(Limits, MoreDirectoriesThanANodeCanName) {
    Checked checked = made(9'000, 1, QUELL_OP_BIT(QUELL_OP_DELETE), false);
    for (Rule& rule : checked.rules)
        for (int depth = 0; depth < 60; depth++) rule.paths[0].base += "/d";
    EXPECT_EQ(summary(run(checked).findings), "Q1403");
}

TEST(Limits, MoreRulesForOneObjectThanAreJudged) {
    std::string rules;
    for (std::size_t i = 0; i < kMaxRulesPerObject; i++) rules += rule("r" + std::to_string(100 + i), "/x/**");
    EXPECT_TRUE(compile_text(policy(rules)).image);
    const CompileResult result = compile_text(policy(rules + rule("zz", "/x/y/**")));
    EXPECT_EQ(summary(result.findings), "Q1404@566:11");
    EXPECT_FALSE(result.image);
}

TEST(Limits, MoreRulesBelowADirectoryThanAreJudged) {
    const Outcome outcome = run(made(1'000, 1, QUELL_OP_BIT(QUELL_OP_RENAME), true));
    ASSERT_EQ(summary(outcome.findings), "Q1405") << "a warning, once, at the directory nearest to the rules";
    EXPECT_EQ(outcome.findings[0].severity, Severity::kWarning);
    EXPECT_NE(outcome.findings[0].message.find("'/d'"), std::string::npos);
    std::size_t largest = 0;
    for (const ImageSet& set : outcome.image.sets) {
        largest = std::max(largest, set.rules.size());
        if (set.rules.size() < kMaxRulesPerObject) continue;
        for (std::uint32_t index : set.rules) EXPECT_EQ(outcome.image.rules[index].value.severity, 4u);
    }
    EXPECT_EQ(largest, kMaxRulesPerObject);
}

TEST(Limits, MoreConditionsOfARuleThanAreAsked) {
    const auto with = [](unsigned ranges) {
        std::string list;
        for (unsigned i = 0; i < ranges; i++) list += (i ? ", " : "") + std::to_string(3 * i);
        return summary(compile_text(policy("    - {id: r, severity: low, on: [delete], match: {path: [/x]},\n"
                                           "       where: {uid: [" + list + "]}, except: [{exe: [/a]}, {exe: [/b]}]}\n")).findings);
    };
    EXPECT_EQ(with(kMaxConditionsPerRule - 1), "") << "two lists of executables are one";
    EXPECT_EQ(with(kMaxConditionsPerRule), "Q1407@6:12");
    EXPECT_EQ(with(kMaxValuesPerCondition + 1), "Q1407@6:12 Q1108@7:1264");
}

TEST(Limits, MoreNetworksThanTheMapTakes) {
    Checked checked = made(6, 1, QUELL_OP_BIT(QUELL_OP_CONNECT), false);
    for (std::size_t i = 0; i < 6; i++) {
        Condition address;
        address.field = QUELL_FIELD_ADDRESS;
        for (unsigned n = 0; n < 11'000; n++) {
            Network network;
            network.length = 32;
            network.bytes = {10, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)};
            address.networks.push_back(network);
        }
        checked.rules[i].paths.clear();
        checked.rules[i].conditions = {address};
    }
    EXPECT_EQ(summary(run(checked).findings), "Q1408") << "66,000";
    checked.rules.pop_back();
    EXPECT_EQ(summary(run(checked).findings), "");
}

TEST(Limits, MorePathsOfConditionsThanAccepted) {
    Checked checked = made(4'200, 1, QUELL_OP_BIT(QUELL_OP_DELETE), false);
    const auto exe = [](Pattern pattern) { return Group{Condition{QUELL_FIELD_EXE, false, {std::move(pattern)}, {}}}; };
    for (Rule& rule : checked.rules) rule.exceptions.push_back(exe({Pattern::Kind::kCover, "/a", {}}));
    EXPECT_EQ(summary(run(checked).findings), "") << "one set of all rules";
    // 64 sets of 4,200 rules each
    std::string directory = "/a";
    for (std::size_t i = 0; i < 63; i++) checked.rules[i].exceptions.push_back(exe({Pattern::Kind::kExact, directory += "/a", {}}));
    for (std::size_t i = 0; i < 63; i++) {
        Rule more = checked.rules[i];
        more.id = "m" + std::to_string(i);
        more.exceptions.erase(more.exceptions.begin());
        checked.rules.push_back(std::move(more));
    }
    EXPECT_EQ(summary(run(checked).findings), "Q1406");
}

}  // namespace
}  // namespace quell::policy::test
