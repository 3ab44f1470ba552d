// SPDX-License-Identifier: Apache-2.0
// Overrides and modes: what is loaded of a rule, and what is told.
#include <gtest/gtest.h>

#include <algorithm>

#include "policy/format/format.h"
#include "policy/reference/match.h"
#include "support.h"
#include "user/base/vocabulary.h"

namespace quell::policy::test {
namespace {

const std::string kOffer = "respond: {offer: [kill-process, quarantine-file], expires: 2h}";

std::string overrides(const std::string& entries, const std::string& name = "site") {
    return "apiVersion: quell/v1\nkind: Override\nmetadata: {name: " + name + "}\nspec:\n  overrides:\n" + entries;
}

std::vector<Source> with(const std::string& entries) {
    return {{"rules.yaml", policy(rule("a", "/x/**", "delete", "any", kOffer) + rule("b", "/y"))}, {"site.yaml", overrides(entries)}};
}

const ImageRule* find(const CompileResult& result, const std::string& id) {
    const auto found = std::find_if(result.image->rules.begin(), result.image->rules.end(), [&](const ImageRule& one) { return one.id == id; });
    return found == result.image->rules.end() ? nullptr : &*found;
}

TEST(Overrides, SayAnewWhatTheyName) {
    const CompileResult result = compile(with("    - {rule: t/a, severity: low, offer: [kill-process], expires: 5m}\n"));
    ASSERT_EQ(summary(result.findings), "");
    const ImageRule* a = find(result, "a");
    EXPECT_EQ(a->value.severity, 1u);
    EXPECT_EQ(a->offers, std::vector<std::uint32_t>{QUELL_RESPONSE_KILL_PROCESS});
    EXPECT_EQ(a->value.expires_ns, 300'000'000'000u);
    EXPECT_EQ(find(result, "b")->value.severity, 3u);
}

TEST(Overrides, MeanWhatTheRuleWouldMean) {
    const auto digest = [](const std::vector<Source>& sources) {
        const CompileResult result = compile(sources);
        EXPECT_EQ(summary(result.findings), "");
        return result.image ? result.image->digest : "";
    };
    const std::string other = rule("b", "/y");
    EXPECT_EQ(digest(with("    - {rule: t/a, severity: high}\n")), digest({{"r.yaml", policy(rule("a", "/x/**", "delete", "any", kOffer) + other)}}));
    const std::vector<Source> excepted = with("    - rule: t/a\n      except: [{exe: [/usr/bin/ok]}, {uid: [7]}]\n");
    EXPECT_EQ(digest(excepted), digest({{"r.yaml", policy(rule("a", "/x/**", "delete", "any", kOffer + "\n      except: [{uid: [7]}, {exe: [/usr/bin/ok]}]") + other)}}));
    EXPECT_EQ(digest({excepted[1], excepted[0]}), digest(excepted)) << "the order of files means nothing";
}

TEST(Overrides, ExceptionsOfSeveralAddUp) {
    std::vector<Source> sources = with("    - {rule: t/a, except: [{exe: [/one]}]}\n");
    sources.push_back({"other.yaml", overrides("    - {rule: t/a, except: [{exe: [{list: l}]}]}\n  lists: {l: [/two]}\n", "other")});
    const CompileResult result = compile(sources);
    ASSERT_EQ(summary(result.findings), "");
    EXPECT_EQ(find(result, "a")->value.conditions, 1u) << "one list of executables";
}

TEST(Overrides, ARuleThatIsGoneIsAnError) {
    const CompileResult result = compile(with("    - {rule: t/aa, mode: off}\n"));
    ASSERT_EQ(summary(result.findings), "Q1601@6:14");
    EXPECT_EQ(result.findings[0].hint, "did you mean 't/a'?");
    EXPECT_EQ(result.findings[0].file, "site.yaml");
    EXPECT_FALSE(result.image);
    EXPECT_EQ(summary(compile(with("    - {rule: a, mode: off}\n")).findings), "Q1601@6:14") << "an id alone may be another policy's tomorrow";
    EXPECT_EQ(summary(compile(with("    - {rule: quell/canary, mode: off}\n")).findings), "Q1601@6:14");
}

TEST(Overrides, TwoOfOneKeyAreAnError) {
    EXPECT_EQ(summary(compile(with("    - {rule: t/a, mode: off}\n    - {rule: t/a, severity: low}\n")).findings), "");
    EXPECT_EQ(summary(compile(with("    - {rule: t/a, mode: off}\n    - {rule: t/b, mode: off}\n    - {rule: t/a, mode: off}\n")).findings), "Q1602@8:19");
    std::vector<Source> sources = with("    - {rule: t/a, severity: low}\n");
    sources.push_back({"other.yaml", overrides("    - {rule: t/a, severity: low}\n", "other")});
    const CompileResult result = compile(sources);
    ASSERT_EQ(summary(result.findings), "Q1602@6:19");
    EXPECT_NE(result.findings[0].message.find("'site'"), std::string::npos) << result.findings[0].message;
}

TEST(Overrides, AreCheckedLikeRules) {
    const auto findings = [](const std::string& entries) { return summary(compile(with(entries)).findings); };
    EXPECT_EQ(findings("    - {rule: t/a}\n"), "Q1104@6:7");
    EXPECT_EQ(findings("    - {rule: t/a, mod: off}\n"), "Q1101@6:19");
    EXPECT_EQ(findings("    - {rule: t/a, mode: maybe}\n"), "Q1105@6:25");
    EXPECT_EQ(findings("    - {rule: t/a, expires: soon}\n"), "Q1111@6:28");
    EXPECT_EQ(findings("    - {rule: t/a, offer: [kill]}\n"), "Q1105@6:27");
    EXPECT_EQ(findings("    - {rule: t/a, except: [{exe: [/**]}]}\n"), "Q1306@6:35");
    EXPECT_EQ(findings("    - {rule: t/a, except: [{path: [/x/**]}]}\n"), "Q1309@6:36");
    std::vector<Source> host = with("    - {rule: t/a, offer: [kill-container]}\n");
    host[0].text = policy(rule("a", "/x/**", "delete", "host"));
    EXPECT_EQ(summary(compile(host).findings), "Q1304@6:27");
    std::vector<Source> twice = with("    - {rule: t/a, mode: off}\n");
    twice.push_back({"c.yaml", overrides("    - {rule: t/b, mode: off}\n")});
    EXPECT_EQ(summary(compile(twice).findings), "Q1302@3:18");
    EXPECT_EQ(summary(compile_text(overrides("    - {rule: t/a, mode: off}\n")).findings), "Q1307 Q1601@6:14");
}

TEST(Overrides, ChangeWhatIsDoneByItself) {
    const auto automatic = [](const std::string& entries, const std::string& more = "") {
        std::vector<Source> sources = with(entries);
        sources[0].text = policy(rule("a", "/x/**", "delete", "any", "respond: {offer: [kill-container, kill-process], automatic: {response: kill-container, per-hour: 3}}"));
        if (!more.empty()) sources.push_back({"more.yaml", overrides(more, "more")});
        const CompileResult result = compile(sources);
        if (!result.image) return summary(result.findings);
        const auto& it = find(result, "a")->automatic;
        return it ? std::string(word_at(kResponseWords, it->response)) + " " + std::to_string(it->per_hour) + (it->dry_run ? " dry" : "") : "off";
    };
    EXPECT_EQ(automatic("    - {rule: t/a, severity: low}\n"), "kill-container 3");
    EXPECT_EQ(automatic("    - {rule: t/a, automatic: off}\n"), "off");
    EXPECT_EQ(automatic("    - {rule: t/a, automatic: {response: kill-process, per-hour: 9, dry-run: true}}\n"), "kill-process 9 dry");
    EXPECT_EQ(automatic("    - {rule: t/a, mode: observe}\n"), "off");
    EXPECT_EQ(automatic("    - {rule: t/a, offer: [kill-process]}\n"), "Q1124@6:26") << "what is done by itself must stay an offer";
    EXPECT_EQ(automatic("    - {rule: t/a, offer: [kill-process]}\n", "    - {rule: t/a, automatic: off}\n"), "off") << "whichever comes first";
    EXPECT_EQ(automatic("    - {rule: t/a, automatic: {response: quarantine-file, per-hour: 1}}\n"), "Q1124@6:41");
    EXPECT_EQ(automatic("    - {rule: t/a, automatic: off}\n", "    - {rule: t/a, automatic: off}\n"), "Q1602@6:19");
}

TEST(Overrides, NothingIsDoneByItselfWhereTwoPersonsDecide) {
    std::vector<Source> sources = with("    - {rule: t/a, automatic: {response: kill-process, per-hour: 1}}\n");
    sources[0].text = policy(rule("a", "/x/**", "delete", "any", "respond: {offer: [kill-process], two-persons: true}"));
    const CompileResult result = compile(sources);
    EXPECT_EQ(summary(result.findings), "Q1316@6:30");
    EXPECT_FALSE(result.image);
}

TEST(Overrides, AFileAloneCanBeFormatted) {
    const Formatted formatted = format({"site.yaml", overrides("    - rule:   t/a\n      mode: 'off'\n")});
    ASSERT_TRUE(formatted.text) << summary(formatted.findings);
    EXPECT_NE(formatted.text->find("- rule: t/a\n"), std::string::npos) << *formatted.text;
}

TEST(Modes, OfARuleAndItsPolicy) {
    const auto modes = [](const std::string& policy_mode, const std::string& rule_mode) {
        std::string text = policy(rule("a", "/x", "delete", "any", kOffer + (rule_mode.empty() ? "" : "\n      mode: " + rule_mode)) + rule("b", "/y"));
        if (!policy_mode.empty()) text.replace(text.find("spec:\n"), 6, "spec:\n  mode: " + policy_mode + "\n");
        const CompileResult result = compile_text(text);
        EXPECT_EQ(summary(result.findings), "");
        std::string all;
        for (const char* id : {"a", "b"}) {
            const ImageRule* found = find(result, id);
            const auto moded = std::find_if(result.moded.begin(), result.moded.end(), [&](const ModedRule& one) { return one.id == id; });
            all += std::string(found == nullptr ? "gone" : found->offers.empty() && found->value.offers == 0 ? "bare" : "armed") + "/" +
                   (moded == result.moded.end() ? "on" : std::string(kModeWords[static_cast<std::size_t>(moded->mode)])) + " ";
        }
        return all;
    };
    EXPECT_EQ(modes("", ""), "armed/on bare/on ");
    EXPECT_EQ(modes("", "observe"), "bare/observe bare/on ");
    EXPECT_EQ(modes("", "off"), "gone/off bare/on ");
    EXPECT_EQ(modes("off", ""), "gone/off gone/off ");
    EXPECT_EQ(modes("off", "on"), "armed/on gone/off ");
    EXPECT_EQ(modes("observe", "off"), "gone/off bare/observe ");
}

TEST(Modes, ARuleThatIsOffNeedsNothing) {
    const CompileResult result = compile_text(policy(rule("a", "/x", "mount-over", "any", "mode: off") + rule("b", "/y")));
    ASSERT_TRUE(result.image);
    EXPECT_EQ(result.image->operations, QUELL_BIT(QUELL_OP_DELETE)) << "no hook for it, the canary's and b's are the same";
    EXPECT_EQ(result.image->own_rules(), 1u);
    EXPECT_NE(result.image->digest, compile_text(policy(rule("b", "/y"))).image->digest) << "that it is there and off is part of the meaning";
}

TEST(Modes, TheReferenceKnowsThem) {
    const Source source{"t.yaml", policy(rule("a", "/x", "delete", "any", "mode: off") + rule("b", "/x", "delete", "any", "mode: observe"))};
    const SourceText text(source);
    Findings none(std::span(&text, 1));
    const Checked checked = check(std::span(&text, 1), {}, none);
    const auto fired = reference::matches(checked.rules, {QUELL_OP_DELETE, QUELL_SUBJECT_HOST, "/x", {}, {}});
    ASSERT_EQ(fired.size(), 1u);
    EXPECT_EQ(fired[0]->id, "b");
}

}  // namespace
}  // namespace quell::policy::test
