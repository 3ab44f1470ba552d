// SPDX-License-Identifier: Apache-2.0
// What `quell policy test --kernel` makes of a scenario, and what it says it cannot do.
#include <gtest/gtest.h>

#include <cstring>

#include "policy/check/check.h"
#include "user/cli/policy_test/staging.h"

namespace quell::cli {
namespace {

Result<Staging> staged(const std::string& scenario, const std::string& rules = "{id: one, severity: low, on: [delete], match: {path: [/x/**]}}") {
    const policy::Source source{"s.yaml", "apiVersion: quell/v1\nkind: PolicyTest\nspec: {scenarios: [{name: one, fires: [], " + scenario + "}]}\n"};
    const policy::Source policy{"p.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: t}\nspec: {rules: [" + rules + "]}\n"};
    const policy::SourceText text(source), policy_text(policy);
    policy::Findings findings(std::span(&text, 1)), others(std::span(&policy_text, 1));
    const auto file = policy::read_scenarios(std::span(&text, 1), 0, findings);
    const auto checked = policy::check(std::span(&policy_text, 1), {}, others);
    EXPECT_FALSE(findings.has_errors()) << scenario;
    EXPECT_FALSE(others.has_errors()) << rules;
    if (!file) return Error{"wrong", 0, {}};
    return stage(file->scenarios[0], checked.rules, "/m");
}

std::string why_not(const std::string& scenario, const std::string& rules = "{id: one, severity: low, on: [delete], match: {path: [/x/**]}}") {
    const auto made = staged(scenario, rules);
    return made ? "" : made.error().message;
}

TEST(Staging, ProgramsAndTheObjectAreMade) {
    const auto made = staged("on: delete, subject: {in: container, uid: 7, exe: {path: /bin/a, intact: false}, parent: /bin/b, ancestors: [/bin/b, /bin/c]}, object: {path: /x/y}");
    ASSERT_TRUE(made) << made.error().message;
    ASSERT_EQ(made->things.size(), 4u);
    EXPECT_FALSE(made->things[0].is_intact);
    EXPECT_TRUE(made->things[1].is_program);
    EXPECT_EQ(made->things[3].path, "/x/y");
    EXPECT_EQ(made->things[3].mode, 0644u);
    EXPECT_EQ(made->things[3].owner, 7u);
    EXPECT_STREQ(made->plan->executables[act::kStages - 1], "/bin/a");
    EXPECT_STREQ(made->plan->executables[act::kStages - 2], "/bin/b");
    EXPECT_STREQ(made->plan->executables[act::kStages - 4], "/bin/c");
    EXPECT_STREQ(made->plan->executables[0], "");
    EXPECT_EQ(made->plan->capabilities, ~std::uint64_t{0});
}

TEST(Staging, TheChainIsAsLongAsSomebodyAsks) {
    const auto first = [](const std::string& scenario, const std::string& where) {
        const auto made = staged("on: delete, object: {path: /x/y}, " + scenario, "{id: one, severity: low, on: [delete], where: {" + where + "}, match: {path: [/x/**]}}");
        return made ? static_cast<int>(made->first_stage) : -1;
    };
    constexpr int kParent = act::kStages - 2;
    EXPECT_EQ(first("subject: {exe: /a}", "subject: any"), kParent);
    EXPECT_EQ(first("subject: {exe: /a, parent: /b}", "subject: any"), kParent);
    EXPECT_EQ(first("subject: {exe: /a, parent: /b, ancestors: [/c, /d]}", "subject: any"), kParent - 2);
    EXPECT_EQ(first("subject: {exe: /a}", "ancestor: [/b]"), 0) << "the host's processes are above it else";
    EXPECT_EQ(first("subject: {in: container, exe: /a}", "ancestor: [/b]"), kParent);
    EXPECT_EQ(first("subject: {in: container, exe: /a, first-process: true}", "subject: any"), kParent + 1);
    EXPECT_EQ(first("subject: {in: container, exe: /a, parent: /b, first-process: true}", "subject: any"), -1);
}

TEST(Staging, WhatARuleAsksForIsExact) {
    const std::string rule = "{id: one, severity: low, on: [setxattr], where: {holds: [sys-admin]}, match: {path: [/x/**], owner: [3], mode: [setuid]}}";
    const auto made = staged("on: setxattr, subject: {uid: 7, holds: sys-time}, object: {path: /x/y}", rule);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->plan->capabilities, std::uint64_t{1} << 25);
    EXPECT_EQ(made->things.back().owner, 0u);
    EXPECT_EQ(made->things.back().mode, 0u);
}

TEST(Staging, WhatCannotBeDoneHasAReason) {
    EXPECT_EQ(why_not("on: delete, object: {path: /x/y}"), "");
    EXPECT_EQ(why_not("on: delete"), "no path of the object is given");
    EXPECT_EQ(why_not("on: module-load"), "no module is loaded for a test");
    EXPECT_EQ(why_not("on: delete, subject: {exe: {path: /a, intact: false}}, object: {path: /x/y}"), "an executable of the host is intact");
    EXPECT_EQ(why_not("on: delete, object: {path: /proc/1/x}"), "what is below /proc and /sys is only opened");
    EXPECT_EQ(why_not("on: delete, subject: {first-process: true}, object: {path: /x/y}"), "a first process is a container's, and has no parents there");
    EXPECT_EQ(why_not("on: delete, subject: {in: container, container: {name: a}}, object: {path: /x/y}"), "a container is not given the names that a runtime would know");
    EXPECT_EQ(why_not("on: setuid"), "no other id is taken");
    EXPECT_EQ(why_not("on: capability, object: {capability: mknod}"), "nothing is known that needs that capability alone");
}

// A value that cannot be chosen matters only where somebody asks.
TEST(Staging, ValuesThatComeOutOtherwise) {
    const std::string quiet = "{id: one, severity: low, on: [socket, connect]}";
    const std::string asks = "{id: one, severity: low, on: [socket, connect], match: {protocol: [tcp]}}";
    EXPECT_EQ(why_not("on: connect, object: {address: 10.0.0.1, port: 80}", quiet), "");
    EXPECT_NE(why_not("on: connect, object: {address: 10.0.0.1, port: 80}", asks).find("protocol"), std::string::npos);
    EXPECT_EQ(why_not("on: connect, object: {address: 10.0.0.1, port: 80, protocol: tcp}", asks), "");
    EXPECT_EQ(why_not("on: connect, object: {address: 10.0.0.1, family: inet6}", quiet), "the address is of another family");
    EXPECT_NE(why_not("on: delete, subject: {in: container}, object: {path: /x/y, filesystem: ext4}", "{id: one, severity: low, on: [delete], match: {path: [/x/**], filesystem: [tmpfs]}}"), "");
}

TEST(Staging, RulesThatAreNotToldEachTime) {
    EXPECT_NE(why_not("on: delete, object: {path: /x/y}", "{id: one, severity: low, on: [delete], match: {path: [/x/**]}, respond: {threshold: {count: 3, within: 10s}}}"), "");
    EXPECT_NE(why_not("on: delete, subject: {in: container}, object: {path: /x/y}", "{id: one, severity: low, on: [delete], where: {subject: container, container: {name: [a]}}, match: {path: [/x/**]}}"), "");
    EXPECT_EQ(why_not("on: delete, object: {path: /y}", "{id: one, severity: low, on: [delete], match: {path: [/x/**]}, respond: {once-per: 10s}}"), "");
}

}  // namespace
}  // namespace quell::cli
