// SPDX-License-Identifier: Apache-2.0
// Exceptions become part of the condition, as Falco writes them there.
#include <gtest/gtest.h>

#include "falco_support.h"

namespace quell::policy::falco::test {
namespace {

std::string excepted(const std::string& exception, const std::string& before = "", const std::string& after = "", std::string_view condition = "a.b=c") {
    return condition_of(before + rule(condition, "r", "  exceptions:\n    - {name: e, " + exception + "}\n") + after);
}

TEST(FalcoExceptions, OneField) {
    EXPECT_EQ(excepted("fields: x.y, values: [v, w]"), "a.b = c and not x.y in (v, w)");
    EXPECT_EQ(excepted("fields: x.y, comps: in, values: [v]"), "a.b = c and not x.y in (v)");
    EXPECT_EQ(excepted("fields: x.y, comps: pmatch, values: [/a, /b]"), "a.b = c and not x.y pmatch (/a, /b)");
    EXPECT_EQ(excepted("fields: x.y, values: ['two words', '\"quoted\"']"), "a.b = c and not x.y in (\"two words\", quoted)");
    EXPECT_EQ(excepted("fields: x.y, values: [l, w]", list("l", "v, u")), "a.b = c and not x.y in (v, u, w)") << "a list's name";
    EXPECT_EQ(excepted("fields: x.y"), "a.b = c") << "no values, nothing excepted";
    EXPECT_EQ(excepted("fields: x.y, values: []"), "a.b = c");
    EXPECT_EQ(excepted("fields: x.y, values: [[v]]"), "[Q2008@6:39]");
}

TEST(FalcoExceptions, SeveralFields) {
    EXPECT_EQ(excepted("fields: [x.y, x.z], values: [[v, w]]"), "a.b = c and not (x.y = v and x.z = w)");
    EXPECT_EQ(excepted("fields: [x.y, x.z], values: [[v, w], [t, u]]"), "a.b = c and not (x.y = v and x.z = w or x.y = t and x.z = u)");
    EXPECT_EQ(excepted("fields: [x.y, x.z], comps: [startswith, in], values: [[/v, [w, 'a b']]]"),
              "a.b = c and not (x.y startswith /v and x.z in (w, \"a b\"))");
    EXPECT_EQ(excepted("fields: [x.y, x.z], comps: [=, in], values: [[v, w]]"), "a.b = c and not (x.y = v and x.z in (w))");
    EXPECT_EQ(excepted("fields: [x.y, x.z], comps: [=, in], values: [[v, '(w, u)']]"), "a.b = c and not (x.y = v and x.z in (w, u))");
    EXPECT_EQ(excepted("fields: [x.y, x.z], comps: [=, in], values: [[v, l]]", list("l", "w, u")), "a.b = c and not (x.y = v and x.z in (w, u))");
    EXPECT_EQ(excepted("fields: [x.y], values: [[v], [w]]"), "a.b = c and not (x.y = v or x.y = w)");
    EXPECT_EQ(excepted("fields: ['proc.aname[2]', evt.arg.x], comps: [contains, '>='], values: [[v, 3]]"),
              "a.b = c and not (proc.aname[2] contains v and evt.arg[x] >= 3)");
    EXPECT_EQ(excepted("fields: [x.y, x.z], values: []"), "a.b = c");
    EXPECT_EQ(excepted("fields: [x.y, x.z], values: [[v, w, t]]"), "[Q2008@6:46]");
    EXPECT_EQ(excepted("fields: [x.y, x.z], values: [v]"), "[Q2008@6:46]");
}

TEST(FalcoExceptions, BindLessThanTheCondition) {
    EXPECT_EQ(excepted("fields: x.y, values: [v]", "", "", "a.b=c or a.b=d"), "(a.b = c or a.b = d) and not x.y in (v)");
    EXPECT_EQ(condition_of(rule("a.b=c", "r", "  exceptions:\n    - {name: e, fields: x.y, values: [v]}\n    - {name: f, fields: [x.z], values: [[w]]}\n")),
              "a.b = c and not x.y in (v) and not x.z = w");
}

TEST(FalcoExceptions, ErrorsAreAtTheirValues) {
    EXPECT_EQ(excepted("fields: x y, values: [v]"), "[Q2101@6:27]");
    EXPECT_EQ(excepted("fields: x.y, values: ['a,=']"), "[Q2101@6:42]");
    EXPECT_EQ(excepted("fields: [x.y], comps: ['<'], values: [[v]]"), "[Q2101@6:56]") << "no number";
    EXPECT_EQ(excepted("fields: [x.y], comps: [exists], values: [[v]]").substr(0, 10), "[Q2101@6:5") << "exists takes no value";
}

TEST(FalcoExceptions, Changes) {
    const std::string base = "fields: [x.y, x.z], values: [[v, w]]";
    const auto more = [](const std::string& exceptions, const std::string& how = "append: true") {
        return "- rule: r\n  exceptions: [" + exceptions + "]\n  " + how + "\n";
    };
    EXPECT_EQ(excepted(base, "", more("{name: e, values: [[t, u]]}")), "a.b = c and not (x.y = v and x.z = w or x.y = t and x.z = u)");
    EXPECT_EQ(excepted(base, "", more("{name: e, values: [[t, u]]}", "override: {exceptions: append}")),
              "a.b = c and not (x.y = v and x.z = w or x.y = t and x.z = u)");
    EXPECT_EQ(excepted(base, "", more("{name: f, fields: x.q, values: [t]}")), "a.b = c and not (x.y = v and x.z = w) and not x.q in (t)");
    EXPECT_EQ(excepted(base, "", more("{name: f, fields: x.q, values: [t]}", "override: {exceptions: replace}")), "a.b = c and not x.q in (t)");
    EXPECT_EQ(excepted(base, "", more("{name: e, fields: x.q, values: [t]}")), "[Q2008@9:16]") << "only values can be added";
    EXPECT_EQ(excepted(base, "", more("{name: e, comps: in, values: [t]}")), "[Q2008@9:16]");
    EXPECT_EQ(excepted(base, "", more("{name: f, values: [t]}")), "[Q2008@9:16]") << "a new one needs fields";
    EXPECT_EQ(excepted(base, "", more("{name: f, fields: x.q}")), "[Q2008@9:16 Q2009@9:16]") << "and values";
    EXPECT_EQ(excepted(base, "", more("{name: e}")), "[Q2009@9:16]") << "a warning";
    EXPECT_EQ(excepted("fields: x.y", "", more("{name: e, values: [v]}")), "a.b = c and not x.y in (v)") << "filled in later";
    EXPECT_EQ(excepted(base, "", more("{name: e, values: [[t]]}")), "[Q2008@9:35]");
}

}  // namespace
}  // namespace quell::policy::falco::test
