// SPDX-License-Identifier: Apache-2.0
// Lists and macros: a rule means what it would mean with everything written out.
#include <gtest/gtest.h>

#include <ctime>

#include "policy/describe/rule_keys.h"
#include "policy/format/format.h"
#include "policy/limits.h"
#include "support.h"

namespace quell::policy::test {
namespace {

// A policy whose rule says `what` ("where: {…}\n      match: {…}") behind its operation.
std::string named(const std::string& definitions, const std::string& what, const std::string& on = "delete") {
    return "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: t}\nspec:\n" + definitions + "  rules:\n    - id: r\n      severity: high\n      on: [" + on +
           "]\n      " + what + "\n";
}

std::string digest(const std::string& text) {
    const CompileResult result = compile_text(text);
    EXPECT_EQ(summary(result.findings), "") << text;
    return result.image ? result.image->digest : "";
}

std::string findings(const std::string& text) { return summary(compile_text(text).findings); }

TEST(Lists, StandForTheirValues) {
    const std::string lists = "  lists:\n    logs: [/var/log/a, /var/log/b/**]\n    more: [{list: logs}, /srv/x]\n";
    const std::string written = "match: {path: [/var/log/a, /var/log/b/**, /srv/x, /y]}";
    EXPECT_EQ(digest(named(lists, "match: {path: [{list: more}, /y]}")), digest(named("", written)));
    EXPECT_EQ(digest(named(lists, "match: {path: [/y, {list: more}, {list: logs}, /srv/x]}")), digest(named("", written))) << "each value once, without a word";
    EXPECT_EQ(digest(named("  lists: {who: ['0', 1000-1999], how: [delete, rename]}\n", "where: {uid: [{list: who}]}\n      match: {path: [/x]}", "{list: how}")),
              digest(named("", "where: {uid: [0, 1000-1999]}\n      match: {path: [/x]}", "delete, rename")));
    EXPECT_EQ(digest(named("  lists: {agents: [/a, /b]}\n", "match: {path: [/x]}\n      except: [{exe: [{list: agents}]}]")),
              digest(named("", "match: {path: [/x]}\n      except: [{exe: [/b]}, {exe: [/a]}]")));
}

TEST(Macros, AreAConjunction) {
    const std::string macros = "  macros:\n    root: {where: {uid: [0]}}\n    shells: {where: {exe: [/bin/sh], use: [root]}}\n"
                               "    files: {match: {type: [file], not: {owner: [7]}}}\n";
    EXPECT_EQ(digest(named(macros, "where: {use: [shells], terminal: true}\n      match: {path: [/x], use: [files]}")),
              digest(named("", "where: {exe: [/bin/sh], uid: [0], terminal: true}\n      match: {path: [/x], type: [file], not: {owner: [7]}}")));
    EXPECT_EQ(digest(named(macros, "where: {use: [root, files, shells]}\n      match: {path: [/x]}")),
              digest(named(macros, "where: {uid: [0]}\n      match: {path: [/x], use: [shells, files]}"))) << "wherever it is used, and however often";
    EXPECT_EQ(digest(named(macros, "match: {path: [/x]}\n      except: [{use: [shells, files], gid: [1]}]")),
              digest(named("", "match: {path: [/x]}\n      except: [{exe: [/bin/sh], uid: [0], type: [file], not: {owner: [7]}, gid: [1]}]")));
}

TEST(Macros, AKeySaidTwiceMustHoldTwice) {
    const std::string text = named("  macros: {users: {where: {uid: [1000-1999]}}}\n", "where: {use: [users], uid: [1500-2500]}\n      match: {path: [/x]}");
    const Source source{"t.yaml", text};
    const SourceText view(source);
    Findings none(std::span(&view, 1));
    const Checked checked = check(std::span(&view, 1), {}, none);
    ASSERT_EQ(checked.rules.at(0).conditions.size(), 2u);
    EXPECT_EQ(checked.rules[0].conditions[0].text(), "uid: [1000-1999]");
    EXPECT_EQ(checked.rules[0].conditions[1].text(), "uid: [1500-2500]");
    EXPECT_NE(digest(text), digest(named("", "where: {uid: [1500-2500]}\n      match: {path: [/x]}")));
}

TEST(Macros, GiveARuleItsPath) {
    const std::string macros = "  macros:\n    secrets: {match: {path: [/etc/shadow]}}\n    more: {match: {use: [secrets], type: [file]}}\n";
    EXPECT_EQ(digest(named(macros, "match: {use: [more]}")), digest(named("", "match: {path: [/etc/shadow], type: [file]}")));
    const std::string both = named("  macros: {below: {match: {path: [/x/y/**]}}}\n", "match: {path: [/x/**], use: [below]}");
    EXPECT_NE(digest(both), digest(named("", "match: {path: [/x/**]}"))) << "beside a path of the rule's own it is a condition";
    EXPECT_EQ(findings(named("  macros: {root: {where: {uid: [0]}}}\n", "match: {use: [root]}")), "Q1102@10:14");
}

TEST(Definitions, AreSeenInTheirFileOnly) {
    const std::vector<Source> both{{"a.yaml", named("  lists: {logs: [/x]}\n", "match: {path: [{list: logs}]}")},
                                   {"b.yaml", policy(rule("r", "{list: logs}"), "u")}};
    const CompileResult result = compile(both);
    ASSERT_EQ(summary(result.findings), "Q1501@10:29");
    EXPECT_EQ(result.findings[0].file, "b.yaml");
}

TEST(Definitions, FindingsAreAtTheDefinitionAndOnce) {
    const std::string rules = "match: {path: [{list: l}]}\n    - id: s\n      severity: low\n      on: [delete]\n      match: {path: [{list: l}]}";
    const CompileResult result = compile_text(named("  lists:\n    l: [/x, /y/]\n", rules));
    EXPECT_EQ(summary(result.findings), "Q1203@6:13");
    EXPECT_EQ(findings(named("  macros: {m: {where: {uid: [1xyz], exa: [/x]}}}\n", "where: {use: [m]}\n      match: {path: [/x]}")), "Q1113@5:30 Q1101@5:37");
}

TEST(Definitions, TheNearestNameIsSuggested) {
    const CompileResult result = compile_text(named("  lists: {shells: [/bin/sh]}\n", "where: {exe: [{list: shels}]}\n      match: {path: [{list: shells}]}"));
    ASSERT_EQ(summary(result.findings), "Q1501@10:28");
    EXPECT_EQ(result.findings[0].hint, "did you mean 'shells'?");
    EXPECT_EQ(result.findings[0].text, "shels");
}

TEST(Definitions, FormatKeepsThem) {
    const std::string text = named("  lists:\n    logs: [/x]\n  macros:\n    m: {where: {uid: ['0']}}\n", "where: {use: [m]}\n      match: {path: [{list: logs}]}");
    const Formatted formatted = format(Source{"t.yaml", text});
    ASSERT_TRUE(formatted.text) << summary(formatted.findings);
    EXPECT_NE(formatted.text->find("path: [{list: logs}]"), std::string::npos) << *formatted.text;
    EXPECT_NE(formatted.text->find("where: {use: [m]}"), std::string::npos) << *formatted.text;
}

// 32 names each, one level above the other: as text it would be 32^15 values.
TEST(Definitions, MultiplyNoFurtherThanTheBound) {
    std::string lists = "  lists:\n    l0: [" , macros = "  macros:\n    m0: {where: {exe: [";
    for (int i = 0; i < 100; i++) lists += "/l" + std::to_string(i) + ", ", macros += "/m" + std::to_string(i) + ", ";
    lists += "/x]\n", macros += "/x]}}\n";
    for (int level = 1; level < 14; level++) {
        const std::string below = std::to_string(level - 1);
        lists += "    l" + std::to_string(level) + ": [";
        for (int i = 0; i < 32; i++) lists += "{list: l" + below + "}, /l" + std::to_string(level) + "-" + std::to_string(i) + (i < 31 ? ", " : "]\n");
        macros += "    m" + std::to_string(level) + ": {where: {uid: [" + std::to_string(level) + "], use: [m" + below + "]}, match: {use: [m" + below + "]}}\n";
    }
    const std::clock_t begin = std::clock();
    const std::string found = findings(named(lists, "match: {path: [{list: l13}]}"));
    EXPECT_EQ(found, "") << "values that are there already are not counted twice";
    std::string many = findings(named(macros, "where: {use: [m13]}\n      match: {path: [/x]}"));
    EXPECT_NE(many.find("Q1505"), std::string::npos) << many;
    EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 5.0);
}

TEST(Definitions, NamesWithinNamesAreBounded) {
    const auto chain = [](unsigned length) {
        std::string lists = "  lists:\n    a0: [/x]\n";
        for (unsigned i = 1; i < length; i++) lists += "    a" + std::to_string(i) + ": [{list: a" + std::to_string(i - 1) + "}]\n";
        return findings(named(lists, "match: {path: [{list: a" + std::to_string(length - 1) + "}]}"));
    };
    EXPECT_EQ(chain(kMaxDefinitionNesting), "");
    EXPECT_NE(chain(kMaxDefinitionNesting + 1).find("Q1505"), std::string::npos);
    EXPECT_NE(chain(2'000).find("Q1505"), std::string::npos);
}

}  // namespace
}  // namespace quell::policy::test
