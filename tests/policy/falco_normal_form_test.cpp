// SPDX-License-Identifier: Apache-2.0
// Conditions as alternatives: their shape, their size, and their bounds.
#include <gtest/gtest.h>

#include "falco_support.h"
#include "policy/import/falco/normal_form.h"

namespace quell::policy::falco::test {
namespace {

std::string written(const std::vector<Literal>& literals) {
    std::string text;
    for (const Literal& literal : literals) text += (text.empty() ? "" : " ") + std::string(literal.negated ? "!" : "") + literal.check->left.field.substr(2);
    return text;
}

std::string written(const Conjunction& conjunction) {
    std::string text = written(conjunction.literals);
    for (const auto& exception : conjunction.exceptions) text += " -(" + written(exception) + ")";
    return text;
}

// "common | alternative | alternative"; the letter a stands for `x.a exists`.
std::string form(const std::string& letters) {
    std::string condition;
    for (std::size_t i = 0; i < letters.size(); i++) {
        const bool alone = letters[i] >= 'a' && letters[i] <= 'z' && (i == 0 || letters[i - 1] < 'a') && (i + 1 == letters.size() || letters[i + 1] < 'a');
        condition += alone ? "x." + std::string(1, letters[i]) + " exists" : std::string(1, letters[i]);
    }
    const Outcome outcome = read(rule(condition));
    if (outcome.rules.rules.empty()) return errors(outcome);
    const auto made = normal_form(*outcome.rules.rules[0].condition);
    if (!made) return "none";
    std::string text = written(made->common);
    for (const Conjunction& alternative : made->alternatives) text += " | " + written(alternative);
    return text;
}

TEST(FalcoNormalForm, Shapes) {
    EXPECT_EQ(form("a"), "a");
    EXPECT_EQ(form("not a"), "!a");
    EXPECT_EQ(form("a and not b and c"), "a !b c");
    EXPECT_EQ(form("a or b"), " | a | b");
    EXPECT_EQ(form("a and (b or c)"), "a | b | c");
    EXPECT_EQ(form("(a or b) and (c or d)"), " | a c | a d | b c | b d");
    EXPECT_EQ(form("a and b or a and c"), "a | b | c") << "what all have is taken out";
    EXPECT_EQ(form("a and b or a"), "a") << "and what is left of one may be nothing";
    EXPECT_EQ(form("a or a"), "a");
    EXPECT_EQ(form("a and a"), "a");
    EXPECT_EQ(form("a and not a"), "a !a") << "never true, but no business of ours";
}

TEST(FalcoNormalForm, Negations) {
    EXPECT_EQ(form("a and not (b or c)"), "a !b !c");
    EXPECT_EQ(form("a and not (b and c)"), "a -(b c)") << "not multiplied out";
    EXPECT_EQ(form("a and not (b and c) and not (d and e)"), "a -(b c) -(d e)");
    EXPECT_EQ(form("a and not (b or c and d)"), "a !b -(c d)");
    EXPECT_EQ(form("a and not (b and not c)"), "a -(b !c)");
    EXPECT_EQ(form("a and not (b and (c or d))"), "a -(b c) -(b d)");
    EXPECT_EQ(form("a and not (b and not (c and d))"), "a -(b !c) -(b !d)");
    EXPECT_EQ(form("not (not (a and b))"), "a b");
    EXPECT_EQ(form("not (not a or not b)"), "a b");
    EXPECT_EQ(form("not (not a and not b)"), " -(!a !b)");
    EXPECT_EQ(form("a and not (b and c) or d"), " | a -(b c) | d");
    EXPECT_EQ(form("a and not (b and c) or d and not (b and c)"), " -(b c) | a | d");
}

TEST(FalcoNormalForm, LiteralsAreTheSameIfTheyAreWrittenTheSame) {
    const auto size = [](const std::string& condition) { return normal_form(*read(rule(condition)).rules.rules.at(0).condition)->literals(); };
    EXPECT_EQ(size("a.b=c and a.b==c and a.b = 'c'"), 1u);
    EXPECT_EQ(size("a.b=c and a.b!=c"), 2u) << "differ where there is no a.b";
    EXPECT_EQ(size("a.b[1]=c and a.b[2]=c and tolower(a.b)=c and a.b in (c)"), 4u);
}

TEST(FalcoNormalForm, Bounds) {
    // 2 to the power of n alternatives
    const auto pairs = [](std::size_t n) {
        std::string text = "a.b=c";
        for (std::size_t i = 0; i < n; i++) text += " and (a.b=x" + std::to_string(i) + " or a.b=y" + std::to_string(i) + ")";
        return text;
    };
    const auto alternatives = [](const std::string& condition) -> std::size_t {
        const auto made = normal_form(*read(rule(condition)).rules.rules.at(0).condition);
        return made ? made->alternatives.size() : 0;
    };
    EXPECT_EQ(alternatives(pairs(8)), 256u);
    EXPECT_EQ(alternatives(pairs(9)), 0u);
    EXPECT_EQ(alternatives(pairs(500)), 0u);
    const auto either = [](std::size_t n) {
        std::string text = "a.b=c";
        for (std::size_t i = 0; i < n; i++) text += " or a.b=x" + std::to_string(i);
        return text;
    };
    EXPECT_EQ(alternatives(either(255)), 256u);
    EXPECT_EQ(alternatives(either(256)), 0u);
    EXPECT_EQ(normal_form(*read(rule("not (" + either(1'000) + ")")).rules.rules.at(0).condition)->literals(), 1'001u);
    EXPECT_FALSE(normal_form(*read(rule("not (" + either(1'024) + ")")).rules.rules.at(0).condition));
    EXPECT_EQ(normal_form(*read(rule("not (" + pairs(10) + ")")).rules.rules.at(0).condition)->common.exceptions.size(), 1'024u);
    EXPECT_FALSE(normal_form(*read(rule("not (" + pairs(11) + ")")).rules.rules.at(0).condition));
}

TEST(FalcoNormalForm, TooManyIsSaidOfTheRule) {
    std::string text = "a.b=c";
    for (std::size_t i = 0; i < 9; i++) text += " and (a.b=x" + std::to_string(i) + " or a.b=y" + std::to_string(i) + ")";
    const std::vector<Source> sources{{"a.yaml", "\n" + rule(text)}};
    const std::vector<SourceText> views{SourceText(sources[0])};
    Findings findings(views);
    const Rules rules = read_rules(views, findings);
    EXPECT_FALSE(normal_form(rules.rules.at(0), findings));
    EXPECT_FALSE(findings.has_errors());
    EXPECT_EQ(summary(findings.take()), "Q2301@2:9");
}

}  // namespace
}  // namespace quell::policy::falco::test
