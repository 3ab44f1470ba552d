// SPDX-License-Identifier: Apache-2.0
// Scenarios of `quell policy test`: what the files say, and what comes of it.
#include <gtest/gtest.h>

#include "policy/scenario/scenario.h"
#include "support.h"

namespace quell::policy::test {
namespace {

struct Outcome {
    std::string findings;  // of the file of scenarios
    std::vector<ScenarioFailure> failures;
    std::size_t scenarios = 0;
};

Outcome run(const std::string& scenarios, const std::string& rules) {
    const Source policy_source{"p.yaml", rules}, source{"s.yaml", scenarios};
    const SourceText policy_text(policy_source), text(source);
    Findings findings(std::span(&policy_text, 1)), own(std::span(&text, 1));
    const Checked checked = check(std::span(&policy_text, 1), {}, findings);
    EXPECT_EQ(summary(findings.take()), "");
    const auto file = read_scenarios(std::span(&text, 1), 0, own);
    Outcome outcome{summary(own.take()), {}, 0};
    if (!file) return outcome;
    outcome.scenarios = file->scenarios.size();
    outcome.failures = run_scenarios(file->scenarios, checked.rules);
    return outcome;
}

const std::string kHeadOfTests = "apiVersion: quell/v1\nkind: PolicyTest\nspec:\n  scenarios:\n";

std::string scenario(const std::string& on, const std::string& subject, const std::string& object, const std::string& fires) {
    return "    - {name: one, on: " + on + ", subject: {" + subject + "}, object: {" + object + "}, fires: [" + fires + "]}\n";
}

TEST(Scenarios, WhatFiresIsComparedExactly) {
    const std::string rules = policy(rule("a", "/x/**") + rule("b", "/x/y", "delete", "container"));
    EXPECT_TRUE(run(kHeadOfTests + scenario("delete", "in: host", "path: /x/y", "t/a"), rules).failures.empty());
    EXPECT_TRUE(run(kHeadOfTests + scenario("delete", "in: container", "path: /x/y", "t/b, t/a"), rules).failures.empty());
    EXPECT_TRUE(run(kHeadOfTests + scenario("rename", "in: container", "path: /x/y", ""), rules).failures.empty());
    const auto failed = run(kHeadOfTests + scenario("delete", "in: host", "path: /x/y", "t/b, t/gone"), rules).failures;
    ASSERT_EQ(failed.size(), 1u);
    EXPECT_EQ(failed[0].missing, (std::vector<std::string>{"t/b", "t/gone"}));
    EXPECT_EQ(failed[0].unexpected, std::vector<std::string>{"t/a"});
    EXPECT_EQ(failed[0].unknown, std::vector<std::string>{"t/gone"});
    EXPECT_EQ(failed[0].scenario, "one");
    EXPECT_EQ(failed[0].where.line, 5u);
    EXPECT_EQ(failed[0].where.column, 82u) << "of the first that did not fire";
}

TEST(Scenarios, OfAContainerThatIsKnownOrNot) {
    const std::string rules = policy(rule("a", "/x/**", "delete", "container, container: {name: [web], labels: [a=*]}") + rule("b", "/x/**", "delete", "container, not: {container: {pod: [p]}}"));
    const auto failures = [&](const std::string& container, const std::string& fires, const std::string& doubts) {
        const auto outcome = run(kHeadOfTests + "    - {name: one, on: delete, subject: {in: container" + container + "}, object: {path: /x/y}, fires: [" + fires + "], in-doubt: [" + doubts + "]}\n", rules);
        EXPECT_EQ(outcome.findings, "");
        return outcome.failures;
    };
    EXPECT_TRUE(failures("", "", "t/a, t/b").empty());
    EXPECT_TRUE(failures(", container: {name: web}", "", "t/a, t/b").empty());
    EXPECT_TRUE(failures(", container: {name: other}", "", "t/b").empty());
    EXPECT_TRUE(failures(", container: {name: web, labels: [b=1, a=2], pod: []}", "t/a, t/b", "").empty());
    EXPECT_TRUE(failures(", container: {name: web, labels: [], pod: p}", "", "").empty());
    const auto failed = failures("", "t/a, t/gone", "t/b");
    ASSERT_EQ(failed.size(), 1u);
    EXPECT_EQ(failed[0].missing, (std::vector<std::string>{"t/a", "t/gone"}));
    EXPECT_EQ(failed[0].unexpected, std::vector<std::string>{"t/a (in doubt)"});
    EXPECT_EQ(failed[0].unknown, std::vector<std::string>{"t/gone"});
    EXPECT_NE(run(kHeadOfTests + scenario("delete", "in: container, container: {nam: web}", "path: /x/y", ""), rules).findings, "");
}

TEST(Scenarios, ConditionsHaveValues) {
    const std::string rules = policy(rule("a", "/x/**", "chmod", "any",
                                          "except: [{exe: [/usr/bin/ok]}, {ancestor: [/usr/bin/top]}, {loginuid: [4294967295], uid: [7]}, {type: [directory]}]"));
    const auto fires = [&](const std::string& subject, const std::string& object) {
        const bool yes = run(kHeadOfTests + scenario("chmod", subject, object, "t/a"), rules).failures.empty();
        EXPECT_NE(yes, run(kHeadOfTests + scenario("chmod", subject, object, ""), rules).failures.empty());
        return yes;
    };
    EXPECT_TRUE(fires("exe: /bin/x", "path: /x/y"));
    EXPECT_FALSE(fires("exe: /usr/bin/ok", "path: /x/y"));
    EXPECT_TRUE(fires("exe: {path: /usr/bin/ok, intact: false}", "path: /x/y"));
    EXPECT_FALSE(fires("ancestors: [/usr/bin/mid, /usr/bin/top]", "path: /x/y"));
    EXPECT_FALSE(fires("parent: /usr/bin/top", "path: /x/y"));
    EXPECT_FALSE(fires("uid: 7", "path: /x/y")) << "no login is the default";
    EXPECT_TRUE(fires("uid: 7, loginuid: 1000", "path: /x/y"));
    EXPECT_FALSE(fires("uid: 0", "path: /x/y, type: directory"));
    EXPECT_TRUE(fires("uid: 0, terminal: true", "path: /x/y, new-mode: [setuid]"));
}

TEST(Scenarios, CapabilitiesAddressesAndTargets) {
    const auto fires = [&](const std::string& rule, const std::string& on, const std::string& subject, const std::string& object) {
        return run(kHeadOfTests + scenario(on, subject, object, "t/a"), policy(rule)).failures.empty();
    };
    const std::string holds = rule("a", "/x", "delete", "any, holds: [sys-admin, sys-time]");
    EXPECT_TRUE(fires(holds, "delete", "holds: sys-time", "path: /x"));
    EXPECT_FALSE(fires(holds, "delete", "holds: chown", "path: /x"));
    EXPECT_FALSE(fires(holds, "delete", "uid: 0", "path: /x"));
    const std::string network = "    - {id: a, severity: low, on: [connect], match: {address: [10.0.0.0/8]}}\n";
    EXPECT_TRUE(fires(network, "connect", "uid: 0", "address: 10.1.2.3"));
    EXPECT_FALSE(fires(network, "connect", "uid: 0", "address: 11.1.2.3"));
    const std::string target = "    - {id: a, severity: low, on: [signal], match: {target-exe: [/bin/x]}}\n";
    EXPECT_TRUE(fires(target, "signal", "uid: 0", "target-exe: /bin/x"));
    EXPECT_FALSE(fires(target, "signal", "uid: 0", "target-exe: /bin/y"));
    const std::string cgroup = rule("a", "/x", "delete", "any, cgroup: ['/system.slice/web-*.service', '/user.slice/**']");
    EXPECT_TRUE(fires(cgroup, "delete", "cgroup: /system.slice/web-1.service", "path: /x"));
    EXPECT_TRUE(fires(cgroup, "delete", "cgroup: /user.slice/a/b", "path: /x"));
    EXPECT_FALSE(fires(cgroup, "delete", "cgroup: /system.slice/web-1.service/in", "path: /x"));
    EXPECT_FALSE(fires(cgroup, "delete", "uid: 0", "path: /x")) << "the root";
}

TEST(Scenarios, ModesCount) {
    const std::string rules = policy(rule("a", "/x", "delete", "any", "mode: observe") + rule("b", "/x", "delete", "any", "mode: off"));
    EXPECT_TRUE(run(kHeadOfTests + scenario("delete", "in: host", "path: /x", "t/a"), rules).failures.empty());
}

TEST(Scenarios, WrongFilesHaveFindings) {
    const std::string rules = policy(rule("a", "/x"));
    EXPECT_EQ(run("kind: PolicyTest\n", rules).findings, "Q1102@1:1 Q1102@1:1");
    EXPECT_EQ(run("apiVersion: quell/v1\nkind: Policy\nspec: {scenarios: []}\n", rules).findings, "Q1110@2:7 Q1104@3:19");
    EXPECT_EQ(run(kHeadOfTests + scenario("delte", "in: nowhere", "path: x", ""), rules).findings, "Q1105@5:23 Q1105@5:44 Q1201@5:69");
    EXPECT_EQ(run(kHeadOfTests + "    - {name: one, on: delete, object: {pth: /x}}\n", rules).findings, "Q1102@5:7 Q1101@5:40");
    EXPECT_EQ(run(kHeadOfTests + "    - {name: one, on: delete, subject: {uid: 1x}, fires: []}\n", rules).findings, "Q1113@5:46");
}

TEST(Scenarios, OfThePacks) {
    for (const std::string pack : {"notable-events", "hardened-host"}) {
        const Outcome outcome = run(slurp(QUELL_SOURCE_DIR "/policy/packs/scenarios/" + pack + ".yaml"), slurp(QUELL_SOURCE_DIR "/policy/packs/" + pack + ".yaml"));
        EXPECT_EQ(outcome.findings, "") << pack;
        EXPECT_GE(outcome.scenarios, 8u) << pack;
        for (const ScenarioFailure& failure : outcome.failures) ADD_FAILURE() << pack << ": " << failure.scenario;
    }
}

// Debian's lighttpd starts a shell for its own configuration, and only those commands are let go.
TEST(Scenarios, AServersConfigurationIsNoShellOfIt) {
    const std::string pack = slurp(QUELL_SOURCE_DIR "/policy/packs/notable-events.yaml");
    const auto fires = [&](const std::string& arguments, const std::string& what, const std::string& shell = "/usr/bin/dash") {
        const std::string subject = "exe: /usr/sbin/lighttpd, parent: /usr/sbin/lighttpd", object = "path: " + shell + ", arguments: [" + arguments + "]";
        const Outcome outcome = run(kHeadOfTests + scenario("exec", subject, object, what), pack);
        EXPECT_EQ(outcome.findings, "") << arguments;
        EXPECT_TRUE(outcome.failures.empty()) << arguments;
    };
    fires("sh, '-c', '/usr/share/lighttpd/create-mime.conf.pl'", "");
    fires("sh, '-c', '/usr/share/lighttpd/use-ipv6.pl 80'", "");
    fires("sh, '-c', '/usr/share/lighttpd/create-mime.conf.pl; id'", "notable-events/shell-of-server");
    fires("sh, /tmp/script, '/usr/share/lighttpd/create-mime.conf.pl'", "notable-events/shell-of-server");
    fires("sh, '-c', id, '/usr/share/lighttpd/create-mime.conf.pl'", "notable-events/shell-of-server");
    fires("sh, '-i'", "notable-events/shell-of-server");
    fires("bash, '-c', '/usr/share/lighttpd/create-mime.conf.pl'", "notable-events/shell-of-server", "/usr/bin/bash");  // which reads $BASH_ENV first
}

TEST(Scenarios, TheDocumentsExampleHolds) {
    const std::string document = slurp(QUELL_SOURCE_DIR "/docs/policy-test.md");
    const std::size_t begin = document.find("```yaml\n") + 8;
    const Outcome outcome = run(document.substr(begin, document.find("```", begin) - begin), slurp(QUELL_SOURCE_DIR "/policy/packs/notable-events.yaml"));
    EXPECT_EQ(outcome.findings, "");
    EXPECT_EQ(outcome.scenarios, 3u);
    for (const ScenarioFailure& failure : outcome.failures) ADD_FAILURE() << failure.scenario;
}

}  // namespace
}  // namespace quell::policy::test
