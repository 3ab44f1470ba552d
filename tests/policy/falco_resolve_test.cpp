// SPDX-License-Identifier: Apache-2.0
// Macros and lists in their places; what is appended, overridden, redefined;
// what sees what.
#include <gtest/gtest.h>

#include "falco_support.h"

namespace quell::policy::falco::test {
namespace {

TEST(FalcoLists, Values) {
    EXPECT_EQ(condition_of(list("l", "a, b") + rule("x.y in (l)")), "x.y in (a, b)");
    EXPECT_EQ(condition_of(list("l", "a, b") + rule("x.y in (c, l, d)")), "x.y in (c, a, b, d)");
    EXPECT_EQ(condition_of(list("l", "a, b") + rule("x.y in l")), "x.y in (a, b)");
    EXPECT_EQ(condition_of(list("l", "") + rule("x.y in (l)")), "x.y in ()");
    EXPECT_EQ(condition_of(list("l", "") + rule("x.y in (a, l)")), "x.y in (a)");
    EXPECT_EQ(condition_of(list("l", "a, b") + rule("x.y in ('l', m)")), "x.y in (l, m)") << "in quotes it is a text";
    EXPECT_EQ(condition_of(list("l", "a, b, a") + rule("x.y in (b, l)")), "x.y in (b, a)") << "each value once";
    EXPECT_EQ(condition_of(list("l", "a") + rule("x.y in (ll, l)")), "x.y in (ll, a)") << "whole names";
    EXPECT_EQ(condition_of(list("l", "a") + rule("l.y = m and x.y = l")), "l.y = m and x.y = a");
    EXPECT_EQ(condition_of(rule("x.y in (l)") + list("l", "a")), "x.y in (a)") << "in whatever order";
    EXPECT_EQ(condition_of(list("l", "80, 443") + rule("x.y pmatch (l)")), "x.y pmatch (80, 443)");
}

TEST(FalcoLists, ItemsAsFalcoReadsThem) {
    EXPECT_EQ(condition_of(list("l", R"y('"(systemd)"', '"a,b"', 'c d')y") + rule("x.y in (l)")), R"y(x.y in ("(systemd)", "a,b", "c d"))y");
    EXPECT_EQ(condition_of(list("l", "'a,b'") + rule("x.y in (l)")), "x.y in (a, b)") << "an item is text that is read again";
    EXPECT_EQ(condition_of(list("l", "'say \"hi\" now'") + rule("x.y in (l)")), "[Q2101@2:17]");
    EXPECT_EQ(condition_of(list("l", "(a)") + rule("x.y in (l)")), "[Q2101@2:11]");
    EXPECT_EQ(condition_of(list("l", "a=b") + rule("x.y in (l)")), "[Q2101@2:12]");
    EXPECT_EQ(condition_of(list("l", "'\"a'") + rule("x.y in (l)")), "[Q2101@2:12]");
}

TEST(FalcoLists, OneValue) {
    EXPECT_EQ(condition_of(list("l", "a") + rule("x.y = l")), "x.y = a");
    EXPECT_EQ(condition_of(list("l", "a, b") + rule("x.y = l")), "[Q2204@7:20]");
    EXPECT_EQ(condition_of(list("l", "") + rule("x.y contains l")), "[Q2204@7:27]");
    EXPECT_EQ(condition_of(list("l", "a, b") + rule("x.y = 'l'")), "x.y = l");
    EXPECT_EQ(condition_of(rule("x.y = ''")), "x.y = \"\"");
}

TEST(FalcoLists, WithinLists) {
    EXPECT_EQ(condition_of(list("a", "1, 2") + list("b", "a, 3") + list("c", "0, b, 4") + rule("x.y in (c)")), "x.y in (0, 1, 2, 3, 4)");
    EXPECT_EQ(condition_of(list("c", "0, b, 4") + list("b", "a, 3") + list("a", "1, 2") + rule("x.y in (c)")), "x.y in (0, 1, 2, 3, 4)");
    EXPECT_EQ(condition_of(list("a", "1, 2") + list("b", "'\"a\"', 3") + rule("x.y in (b)")), "x.y in (a, 3)");
    EXPECT_EQ(condition_of(list("openvpn", "openvpn, ovpn") + rule("x.y in (openvpn)")), "x.y in (openvpn, ovpn)") << "its own name is a value";
    EXPECT_EQ(condition_of(list("a", "b") + list("b", "a") + rule("x.y in (a)")), "[Q2203@4:11]");
    const Outcome outcome = read(list("a", "1") + list("b", "a") + list("unused", "a") + rule("x.y in (b) and x.z in (a)"));
    EXPECT_EQ(summary(outcome.findings), "Q2206@5:9");
    EXPECT_EQ(outcome.rules.rules[0].lists, (std::vector<std::string>{"a", "b"}));
}

TEST(FalcoLists, Changes) {
    const std::string first = list("l", "a, b"), use = rule("x.y in (l)");
    EXPECT_EQ(condition_of(first + list("l", "c") + use), "x.y in (c)") << "redefined";
    EXPECT_EQ(condition_of(first + list("l", "c") + "  append: true\n" + use), "x.y in (a, b, c)");
    EXPECT_EQ(condition_of(first + list("l", "c") + "  append: false\n" + use), "x.y in (c)");
    EXPECT_EQ(condition_of(first + list("l", "c") + "  override: {items: append}\n" + use), "x.y in (a, b, c)");
    EXPECT_EQ(condition_of(first + list("l", "c") + "  override: {items: replace}\n" + use), "x.y in (c)");
    EXPECT_EQ(condition_of(list("l", "c") + "  override: {items: replace}\n" + use), "x.y in (c)") << "defines it";
    EXPECT_EQ(condition_of(read({first + use, list("l", "c") + "  override: {items: append}\n", list("l", "d") + "  append: true\n"})),
              "x.y in (a, b, c, d)")
        << "later files change what earlier rules use";
}

TEST(FalcoMacros, Conditions) {
    EXPECT_EQ(condition_of(macro("m", "a.b=c") + rule("m")), "a.b = c");
    EXPECT_EQ(condition_of(macro("m", "a.b=c or a.b=d") + rule("m and not m")), "(a.b = c or a.b = d) and not (a.b = c or a.b = d)");
    EXPECT_EQ(condition_of(macro("m", "a.b=c") + macro("n", "m and a.d=e") + rule("not n or m")), "not (a.b = c and a.d = e) or a.b = c");
    EXPECT_EQ(condition_of(rule("m") + macro("m", "a.b=c")), "a.b = c") << "rules see all macros";
    EXPECT_EQ(condition_of(rule("m and unknown") + macro("m", "a.b=c")), "[Q2201@5:20]");
    EXPECT_EQ(condition_of(macro("n", "m") + macro("m", "a.b=c") + rule("n")), "[Q2201@2:14]") << "macros see those before them";
    EXPECT_EQ(condition_of(list("l", "x, y") + macro("m", "a.b in (l)") + rule("m")), "a.b in (x, y)");
    const Outcome outcome = read(macro("m", "a.b=c") + macro("n", "m") + macro("unused", "m") + rule("n"));
    EXPECT_EQ(summary(outcome.findings), "Q2206@5:10");
    EXPECT_EQ(outcome.rules.rules[0].macros, (std::vector<std::string>{"m", "n"}));
}

TEST(FalcoMacros, Changes) {
    const std::string first = macro("m", "a.b=c"), use = rule("m");
    EXPECT_EQ(condition_of(first + macro("m", "a.b=d") + use), "a.b = d");
    EXPECT_EQ(condition_of(first + macro("m", "or a.b=d") + "  append: true\n" + use), "a.b = c or a.b = d");
    EXPECT_EQ(condition_of(first + macro("m", "or a.b=d") + "  override: {condition: append}\n" + use), "a.b = c or a.b = d");
    EXPECT_EQ(condition_of(first + macro("m", "a.b=d") + "  override: {condition: replace}\n" + use), "a.b = d");
    EXPECT_EQ(condition_of(macro("m", "a.b=c or a.b=d") + macro("m", "and a.e=f") + "  append: true\n" + use), "a.b = c or a.b = d and a.e = f")
        << "joined as text: and binds more";
    EXPECT_EQ(condition_of(first + macro("m", "a.b=d") + "  append: true\n" + use), "[Q2101@4:14]") << "no and, no or";
    EXPECT_EQ(condition_of(first + macro("n", "a.b=e") + macro("m", "n") + use), "a.b = e") << "written anew, it sees what came before that";
    EXPECT_EQ(condition_of(read({first + use, macro("m", "a.x=y")})), "a.x = y");
}

TEST(FalcoMacros, Loops) {
    EXPECT_EQ(condition_of(macro("m", "a.b=c") + macro("m", "m or a.b=d") + rule("m")), "[Q2202@4:14]");
    EXPECT_EQ(condition_of(macro("m", "m") + rule("m")), "[Q2201@2:14]") << "not yet there";
    EXPECT_EQ(condition_of(macro("m", "a.b=c") + macro("n", "m") + macro("m", "n") + rule("m")), "[Q2202@4:14]");
    const Outcome outcome = read(macro("m", "a.b=c") + macro("m", "m") + rule("m") + rule("m", "s") + rule("a.b=c", "t"));
    EXPECT_EQ(errors(outcome), "Q2202@4:14") << "said once";
    ASSERT_EQ(outcome.rules.rules.size(), 1u) << "rules that use it are left out";
    EXPECT_EQ(outcome.rules.rules[0].name, "t");
}

TEST(FalcoRules, Changes) {
    const std::string first = rule("a.b=c", "r", "  tags: [x]\n");
    const auto changed = [&](const std::string& change) {
        const Outcome outcome = read({first, "- rule: r\n" + change});
        EXPECT_EQ(errors(outcome), "") << change;
        return outcome.rules.rules.at(0);
    };
    EXPECT_EQ(to_text(*changed("  condition: and d.e=f\n  append: true\n").condition), "a.b = c and d.e = f");
    const Rule appended = changed(
        "  condition: or d.e=f\n  output: p\n  desc: q\n  tags: [x, y]\n  override: {condition: append, output: append, desc: append, tags: append}\n");
    EXPECT_EQ(to_text(*appended.condition), "a.b = c or d.e = f");
    EXPECT_EQ(appended.output, "o p");
    EXPECT_EQ(appended.description, "d q");
    EXPECT_EQ(appended.tags, (std::vector<std::string>{"x", "y"}));
    const Rule replaced = changed(
        "  condition: d.e=f\n  output: p\n  desc: q\n  tags: [y]\n  priority: alert\n  enabled: false\n  warn_evttypes: false\n"
        "  skip-if-unknown-filter: true\n  capture: true\n"
        "  override: {condition: replace, output: replace, desc: replace, tags: replace, priority: replace, enabled: replace,\n"
        "             warn_evttypes: replace, skip-if-unknown-filter: replace, capture: replace}\n");
    EXPECT_EQ(to_text(*replaced.condition), "d.e = f");
    EXPECT_EQ(replaced.output + replaced.description + replaced.tags.at(0), "pqy");
    EXPECT_EQ(replaced.priority, Priority::kAlert);
    EXPECT_FALSE(replaced.enabled || replaced.warn_event_types);
    EXPECT_TRUE(replaced.skip_if_unknown_filter && replaced.capture);
    EXPECT_FALSE(changed("  enabled: false\n").enabled);
    const Rule both = changed("  condition: and d.e=f\n  enabled: false\n  override: {condition: append, enabled: replace}\n");
    EXPECT_EQ(to_text(*both.condition), "a.b = c and d.e = f");
    EXPECT_FALSE(both.enabled);
    EXPECT_TRUE(changed("  condition: and d.e=f\n  enabled: false\n  append: true\n").enabled) << "of such an item only the condition counts";
}

TEST(FalcoRules, RedefinedKeepsItsPlace) {
    const Outcome outcome = read(rule("a.b=c", "one", "  tags: [x]\n") + rule("a.b=d", "two") + rule("a.b=e", "one"));
    EXPECT_EQ(errors(outcome), "");
    ASSERT_EQ(outcome.rules.rules.size(), 2u);
    EXPECT_EQ(outcome.rules.rules[0].name, "one");
    EXPECT_EQ(to_text(*outcome.rules.rules[0].condition), "a.b = e");
    EXPECT_TRUE(outcome.rules.rules[0].tags.empty()) << "nothing is left of the earlier one";
}

TEST(FalcoRules, EarlierFilesDoNotSeeLaterOnes) {
    EXPECT_EQ(errors(read({"- rule: r\n  condition: and a.b=c\n  append: true\n", rule("a.b=c")})), "Q2007@1:9");
}

TEST(FalcoRules, SeveralErrorsAreAllSaid) {
    EXPECT_EQ(errors(read(rule("a.b=", "one") + rule("unknown", "two") + rule("a.b=c", "three") + list("l", "m") + list("m", "l"))),
              "Q2101@5:18 Q2201@10:14 Q2203@19:11");
}

}  // namespace
}  // namespace quell::policy::falco::test
