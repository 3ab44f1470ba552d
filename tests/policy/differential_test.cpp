// SPDX-License-Identifier: Apache-2.0
// The compiled image means what the reference matcher says: random policies
// and acts, and every act over a small world for one dense policy.
#include <gtest/gtest.h>

#include "interpreter.h"
#include "policy/check/field_table.h"
#include "policy/compile/compile.h"
#include "random_policy.h"
#include "support.h"

namespace quell::policy::test {
namespace {

const std::vector<Source> kNowhere{{"random.yaml", ""}};

std::set<std::string> by_reference(const Checked& checked, const reference::Act& act) {
    std::set<std::string> fired;
    for (const reference::Fired& one : reference::judge(checked.rules, act)) fired.insert(one.rule->policy + "/" + one.rule->id + (one.is_sure ? "" : "?"));
    return fired;
}

std::string describe(const Checked& checked, const reference::Act& act) {
    std::ostringstream text;
    text << "operation " << act.operation << " subject " << act.subject << " path " << act.path;
    for (const reference::Executable& exe : act.executables) text << " exe " << exe.path << (exe.is_intact ? "" : "(changed)");
    for (std::uint32_t number : act.numbers) text << " " << number;
    for (std::uint32_t field = QUELL_FIELD_CONTAINER_NAME; field <= QUELL_FIELD_CONTAINER_CGROUP; field++) {
        text << "\n  " << kFieldRows[field].word << (act.names.of(field) ? ":" : " not known");
        for (const std::string& name : act.names.of(field).value_or(std::vector<std::string>{})) text << " " << name;
    }
    for (const Rule& rule : checked.rules) {
        text << "\n  " << rule.id << " operations " << rule.operations << " subjects " << rule.subjects << ":";
        for (const Pattern& path : rule.paths) text << " " << path.text();
        for (const Condition& condition : rule.conditions) text << " | " << condition.text();
        for (const Group& exception : rule.exceptions) {
            text << " except";
            for (const Condition& condition : exception) text << " | " << condition.text();
        }
    }
    return text.str();
}

TEST(Differential, RandomPoliciesAndActs) {
    std::mt19937 random(20240611);
    const std::vector<SourceText> texts{SourceText(kNowhere[0])};
    std::size_t fired = 0, unsure = 0;
    for (unsigned round = 0; round < 3'000; round++) {
        const Checked checked = random_policy(random);
        Findings findings(texts);
        const Image image = compile_image(checked, texts, findings);
        ASSERT_FALSE(findings.has_errors());
        const Interpreter interpreter(image);
        for (unsigned i = 0; i < 50; i++) {
            const reference::Act act = random_act(random);
            const std::set<std::string> expected = by_reference(checked, act);
            ASSERT_EQ(interpreter.judge(act), expected) << describe(checked, act);
            fired += expected.empty() ? 0 : 1;
            for (const std::string& one : expected) unsure += one.ends_with('?') ? 1 : 0;
        }
    }
    // a test in which nothing, or everything, matches would prove nothing
    EXPECT_GT(fired, 30'000u);
    EXPECT_LT(fired, 125'000u);
    EXPECT_GT(unsure, 2'000u);
}

TEST(Differential, TheCanaryIsDeniedAmongUserRules) {
    const auto result = compile_text(policy(rule("all", "/run/**", "delete", "host")));
    ASSERT_TRUE(result.image);
    const Interpreter interpreter(*result.image);
    const auto act = [](std::uint32_t subject) {
        reference::Act removal;
        removal.operation = QUELL_OP_DELETE;
        removal.subject = subject;
        removal.path = "/run/quell/canary";
        return removal;
    };
    EXPECT_EQ(interpreter.matches(act(QUELL_SUBJECT_HOST)), (std::set<std::string>{"quell/canary", "t/all"}));
    EXPECT_TRUE(interpreter.matches(act(QUELL_SUBJECT_CONTAINER)).empty());
}

}  // namespace
}  // namespace quell::policy::test
