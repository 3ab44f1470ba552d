// SPDX-License-Identifier: Apache-2.0
// What is accepted, and what only shows over several files. What is refused
// in one file lies in broken/.
#include <gtest/gtest.h>

#include "policy/check/while_pending.h"
#include "policy/limits.h"
#include "support.h"
#include "user/base/vocabulary.h"

namespace quell::policy::test {
namespace {

TEST(Check, TheSmallestPolicy) {
    const CompileResult result = compile_text(policy("    - {id: r, severity: info, on: [delete], match: {path: [/x]}}\n"));
    EXPECT_TRUE(result.image);
    EXPECT_EQ(summary(result.findings), "");
    EXPECT_EQ(result.image->rules[1].name, "r") << "the id, where no name is given";
    EXPECT_EQ(result.image->rules[1].value.expires_ns, 3'600'000'000'000u);
}

TEST(Check, LineEndsMayBeCrLf) {
    std::string text = policy(rule("r", "/x"));
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2)) text.insert(at, "\r");
    EXPECT_TRUE(compile_text(text).image);
}

TEST(Check, AllOperationsAndOffers) {
    EXPECT_TRUE(compile_text(policy(rule("r", "/x", "delete, rename, truncate, link, mount-over, unmount, open-read", "any",
                                         "respond: {offer: [kill-container, kill-process, quarantine-file], expires: 7d}")))
                    .image);
}

TEST(Check, PathsUpToTheirBounds) {
    const std::string name(255, 'n');
    std::string longest;
    for (int i = 0; i < 15; i++) longest += "/" + name;
    longest += "/" + std::string(254, 'n');  // 15 * 256 + 255 = 4,095
    std::string deepest;
    for (int i = 0; i < 64; i++) deepest += "/d";
    const auto findings = [](const std::string& path) {
        return summary(compile_text(policy("    - id: r\n      severity: low\n      on: [delete]\n      match:\n        path:\n"
                                           "          - " + path + "\n")).findings);
    };
    EXPECT_EQ(longest.size(), 4095u);
    EXPECT_EQ(findings(longest), "");
    EXPECT_EQ(findings(longest + "n"), "Q1206@11:13");
    EXPECT_EQ(findings("/" + name + "n"), "Q1206@11:13");
    EXPECT_EQ(findings(deepest), "");
    EXPECT_EQ(findings(deepest + "/d"), "Q1207@11:13");
    EXPECT_EQ(findings("/ä ö/日本 語"), "") << "any character";
}

TEST(Check, NoRulesAtAll) {
    const std::string text = "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: t}\nspec: {rules: []}\n";
    EXPECT_EQ(summary(compile_text(text).findings), "Q1307");
    EXPECT_TRUE(compile_text(text, Options{.allow_empty = true}).image);
    EXPECT_EQ(summary(compile({}).findings), "Q1307");
    EXPECT_TRUE(compile({}, Options{.allow_empty = true}).image);
    const std::vector<Source> both{{"a.yaml", text}, {"b.yaml", policy(rule("r", "/x"), "b")}};
    EXPECT_TRUE(compile(both).image) << "one file without rules is no error";
}

TEST(Check, NamesAreUniqueOverFiles) {
    const std::vector<Source> sources{{"a.yaml", policy(rule("r", "/x"))}, {"b.yaml", policy(rule("r", "/y"))}};
    const CompileResult result = compile(sources);
    EXPECT_EQ(summary(result.findings), "Q1302@3:18");
    EXPECT_EQ(result.findings[0].file, "b.yaml");
    EXPECT_NE(result.findings[0].message.find("a.yaml:3"), std::string::npos) << result.findings[0].message;
    const std::vector<Source> apart{{"a.yaml", policy(rule("r", "/x"))}, {"b.yaml", policy(rule("r", "/y"), "u")}};
    EXPECT_TRUE(compile(apart).image) << "ids are unique within a policy only";
}

TEST(Check, AllFilesAreReadThoughOneIsBroken) {
    const std::vector<Source> sources{{"a.yaml", "a: [\n"}, {"b.yaml", policy(rule("R", "/x"))}};
    const CompileResult result = compile(sources);
    ASSERT_EQ(result.findings.size(), 2u);
    EXPECT_EQ(result.findings[0].file, "a.yaml");
    EXPECT_EQ(summary({result.findings[1]}), "Q1106@6:11");
}

TEST(Check, WarningsDoNotRefuse) {
    const CompileResult result = compile_text(policy(rule("r", "/x, /x, /var/run/utmp", "delete", "host")));
    EXPECT_TRUE(result.image);
    EXPECT_EQ(summary(result.findings), "Q1109@10:26 Q1208@10:30");
    EXPECT_EQ(result.findings[1].hint, "write '/run/utmp'");
}

TEST(Check, WhatQuellNeedsMayBeWatchedButNotContained) {
    const char* quarantine = "respond: {offer: [quarantine-file]}";
    const char* kill = "respond: {offer: [kill-process]}";
    const auto accepted = [](const std::string& text) { return compile_text(policy(text)).image.has_value(); };
    EXPECT_TRUE(accepted(rule("r", "/var/lib/quell/**", "delete", "host")));
    EXPECT_TRUE(accepted(rule("r", "/var/lib/quell/**", "delete", "container", kill))) << "another root, another file";
    EXPECT_FALSE(accepted(rule("r", "/var/lib/quell/**", "delete", "any", kill)));
    EXPECT_FALSE(accepted(rule("r", "/run/quell", "delete", "host", kill)));
    EXPECT_FALSE(accepted(rule("r", "/usr/sbin/quelld", "delete", "host", quarantine)));
    EXPECT_TRUE(accepted(rule("r", "/var/lib/quellen/**", "delete", "host", kill))) << "only begins alike";
    EXPECT_TRUE(accepted(rule("r", "/usr/bin/crun", "delete", "host", kill))) << "hits who deletes it";
    EXPECT_FALSE(accepted(rule("r", "/usr/bin/crun", "delete", "host", quarantine)));
}

TEST(Check, WhatHoldsWhileNobodyHasDecidedIsInTheImage) {
    const auto wanted = [](const std::string& words, const std::string& mode = "on", const std::string& subject = "any") {
        const CompileResult result = compile_text(policy(rule("a", "/x", "delete", subject, "respond: {while-pending: [" + words + "]}\n      mode: " + mode)));
        if (!result.image) return summary(result.findings);
        std::string text;
        for (const ImageRule& one : result.image->rules)
            for (std::size_t i = 0; i < kResponseWords.size(); i++)
                if (one.value.wanted & QUELL_BIT(i)) text += std::string(kResponseWords[i]) + " ";
        return text + std::to_string(kept_responses(*result.image) != 0);
    };
    EXPECT_EQ(wanted("isolate-network, pause-container"), "pause-container isolate-network 1");
    EXPECT_EQ(wanted("isolate-network", "observe"), "0");
    EXPECT_EQ(wanted("isolate-network, deny-exec"), "isolate-network deny-exec 1");
    EXPECT_EQ(wanted("deny-exec, deny-write"), "deny-write deny-exec 1");
    EXPECT_EQ(wanted("deny-exec", "on", "host"), "Q1315@11:33");
    EXPECT_EQ(wanted("pause-container", "on", "host"), "Q1315@11:33");
    // each word is a response that the kernel side can hold, and there is no other
    std::uint32_t all = 0;
    for (std::size_t hold = 0; hold < kHoldWords.size(); hold++) {
        const auto response = hold_response(hold);
        ASSERT_LT(response, kResponseWords.size()) << kHoldWords[hold];
        EXPECT_EQ(kResponseWords[response], kHoldWords[hold]);
        all |= QUELL_BIT(response);
    }
    EXPECT_EQ(all, QUELL_HOLDABLE);
}

TEST(Check, ForHowLongWhatIsApprovedFollowsIsInTheImage) {
    const auto followed = [](const std::string& respond, const std::string& mode = "on", const std::string& subject = "any") {
        const CompileResult result = compile_text(policy(rule("a", "/x", "delete", subject, "respond: {" + respond + "}\n      mode: " + mode)));
        if (!result.image) return summary(result.findings);
        std::string text;
        for (const ImageRule& one : result.image->rules)
            if (one.id == "a") text = std::to_string(one.follow_ns / kSecond);
        return text;
    };
    EXPECT_EQ(followed("offer: [isolate-network, kill-container], follow: workload"), "28800");
    EXPECT_EQ(followed("offer: [deny-exec], follow: {workload: 90m}"), "5400");
    EXPECT_EQ(followed("offer: [deny-exec]"), "0");
    EXPECT_EQ(followed("offer: [deny-write], follow: workload", "observe"), "0") << "there is nothing to approve";
    EXPECT_EQ(followed("offer: [deny-exec], follow: workload", "on", "host"), "Q1317@11:45");
}

TEST(Check, AnObservedRuleDoesNothingByItself) {
    const CompileResult result = compile_text(policy(rule("a", "/x", "delete", "any", "mode: observe\n      respond: {offer: [kill-process], automatic: {response: kill-process, per-hour: 1}}")));
    EXPECT_EQ(summary(result.findings), "Q1314@12:51");
    ASSERT_TRUE(result.image);
    for (const ImageRule& one : result.image->rules) EXPECT_FALSE(one.automatic);
}

TEST(Check, WhatIsAskedOfWhoApprovesIsInTheImage) {
    const auto asked = [](const std::string& respond, const std::string& mode = "on") {
        const CompileResult result = compile_text(policy(rule("a", "/x", "delete", "any", "respond: {offer: [kill-process], " + respond + "}\n      mode: " + mode)));
        if (!result.image) return summary(result.findings);
        std::string text;
        for (const ImageRule& one : result.image->rules)
            if (one.id == "a") text = std::string(one.two_persons ? "two " : "") + (one.reason_required ? "reason" : "");
        return text;
    };
    EXPECT_EQ(asked("two-persons: true, reason-required: true"), "two reason");
    EXPECT_EQ(asked("two-persons: true"), "two ");
    EXPECT_EQ(asked("two-persons: false, reason-required: true"), "reason");
    EXPECT_EQ(asked("expires: 1h"), "");
    EXPECT_EQ(asked("two-persons: true, reason-required: true", "observe"), "") << "there is nothing to approve";
    EXPECT_EQ(asked("reason-required: yes"), "Q1105@11:57");
}

}  // namespace
}  // namespace quell::policy::test
