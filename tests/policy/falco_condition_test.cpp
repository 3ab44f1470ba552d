// SPDX-License-Identifier: Apache-2.0
// Falco's filter language: what is read, as what, and what is refused where.
#include <gtest/gtest.h>

#include "falco_support.h"
#include "policy/import/falco/condition.h"

namespace quell::policy::falco::test {
namespace {

struct Parsed {
    ExpressionPtr tree;
    std::vector<Finding> findings;
};

// The text stands alone in a file, so that a column is a byte of it plus one.
Parsed parse(const std::string& text) {
    const std::vector<Source> sources{{"c", text}};
    const std::vector<SourceText> views{SourceText(sources[0])};
    Findings findings(views);
    Node node;
    node.type = Node::Type::kText;
    node.where = {0, 1, 1, 1};
    node.text = text;
    ExpressionPtr tree = parse_condition(PlacedText(node, Lines(sources[0].text)), findings);
    return {std::move(tree), findings.take()};
}

// As it is understood: every and, or, not in parentheses of its own.
std::string meaning(const Expression& tree) {
    if (tree.kind == Expression::Kind::kCheck || tree.kind == Expression::Kind::kMacro) return to_text(tree);
    if (tree.kind == Expression::Kind::kNot) return "!" + meaning(*tree.children[0]);
    std::string text;
    for (const ExpressionPtr& child : tree.children)
        text += (text.empty() ? "" : tree.kind == Expression::Kind::kAnd ? " & " : " | ") + meaning(*child);
    return "{" + text + "}";
}

std::string meaning(const std::string& text) {
    const Parsed parsed = parse(text);
    return parsed.tree == nullptr ? summary(parsed.findings) : meaning(*parsed.tree);
}

TEST(FalcoCondition, Precedence) {
    EXPECT_EQ(meaning("a"), "a");
    EXPECT_EQ(meaning("a and b or c"), "{{a & b} | c}");
    EXPECT_EQ(meaning("a or b and c"), "{a | {b & c}}");
    EXPECT_EQ(meaning("not a and b"), "{!a & b}");
    EXPECT_EQ(meaning("not (a and b)"), "!{a & b}");
    EXPECT_EQ(meaning("a and not b or not c and d"), "{{a & !b} | {!c & d}}");
    EXPECT_EQ(meaning("(a or b) and (c or d)"), "{{a | b} & {c | d}}");
    EXPECT_EQ(meaning("a and b and c"), "{a & b & c}");
    EXPECT_EQ(meaning("((((a))))"), "a");
    EXPECT_EQ(meaning("not not a"), "a");
    EXPECT_EQ(meaning("not not not a"), "!a");
    EXPECT_EQ(meaning("not (not a)"), "!!a");
    EXPECT_EQ(meaning("a and(b)or(c)"), "{{a & b} | c}");
    EXPECT_EQ(meaning("not(a)"), "!a");
    EXPECT_EQ(meaning(" \t\n a \n\n and\tb \r\n"), "{a & b}");
    EXPECT_EQ(meaning("android and order or nothing"), "{{android & order} | nothing}") << "no keywords";
    EXPECT_EQ(meaning("not proc.name = x and proc.name exists"), "{!proc.name = x & proc.name exists}");
}

TEST(FalcoCondition, Operators) {
    for (const char* op : {"=", "!=", "contains", "icontains", "bcontains", "startswith", "bstartswith", "endswith", "glob", "iglob", "regex"})
        EXPECT_EQ(meaning("f.d " + std::string(op) + " v"), "f.d " + std::string(op) + " v");
    for (const char* op : {"<", "<=", ">", ">="}) EXPECT_EQ(meaning("f.d" + std::string(op) + "12"), "f.d " + std::string(op) + " 12");
    for (const char* op : {"in", "intersects", "pmatch"}) {
        EXPECT_EQ(meaning("f.d " + std::string(op) + " (a, b)"), "f.d " + std::string(op) + " (a, b)");
        EXPECT_EQ(meaning("f.d " + std::string(op) + "(a,b)"), "f.d " + std::string(op) + " (a, b)");
        EXPECT_EQ(meaning("f.d " + std::string(op) + " name"), "f.d " + std::string(op) + " (name)");
        EXPECT_EQ(meaning("f.d " + std::string(op) + " ( )"), "f.d " + std::string(op) + " ()");
    }
    EXPECT_EQ(meaning("f.d==v"), "f.d = v");
    EXPECT_EQ(meaning("f.d exists"), "f.d exists");
    EXPECT_EQ(meaning("fd.num>=0 and fd.num<= -1"), "{fd.num >= 0 & fd.num <= -1}");
    EXPECT_EQ(meaning("f.d startswith\n  /etc"), "f.d startswith /etc") << "any blank will do";
    EXPECT_EQ(meaning("f.d like v"), "Q2101@1:5");
    EXPECT_EQ(meaning("f.d ! v"), "Q2101@1:5");
    EXPECT_EQ(meaning("f.d IN (v)"), "Q2101@1:5") << "case matters";
    EXPECT_EQ(meaning("f.d inside (v)"), "Q2101@1:5");
}

TEST(FalcoCondition, Values) {
    EXPECT_EQ(meaning("f.d=/a/b:c.d-e_*?[x]{y}"), "f.d = /a/b:c.d-e_*?[x]{y}");
    EXPECT_EQ(meaning("f.d=\"a b\""), "f.d = \"a b\"");
    EXPECT_EQ(meaning("f.d='a b'"), "f.d = \"a b\"");
    EXPECT_EQ(meaning("f.d='a\"b'"), "f.d = \"a\\\"b\"");
    EXPECT_EQ(meaning("f.d=\"\""), "f.d = \"\"");
    EXPECT_EQ(meaning(R"(f.d="a\"b")"), R"(f.d = "a\"b")");
    EXPECT_EQ(meaning(R"(f.d='a\\b')"), R"(f.d = a\b)");
    EXPECT_EQ(meaning(R"(f.d='a\ b')"), R"(f.d = a\b)") << "Falco's: backslash and blank are a backslash";
    EXPECT_EQ(meaning(R"(f.d="a\/b")"), "f.d = a/b");
    EXPECT_EQ(meaning(R"(f.d="a\\" or x")"), R"(f.d = "a\\\" or x")") << "a quote behind a backslash never ends a text";
    EXPECT_EQ(meaning(R"(f.d="a\n\t\r\f\b")"), "f.d = \"a\n\t\r\f\b\"");
    EXPECT_EQ(meaning(R"(f.d="a\x41")"), "Q2101@1:7");
    EXPECT_EQ(meaning(R"(f.d="a\'")"), "Q2101@1:7") << "only its own quote";
    EXPECT_EQ(meaning(R"(f.d="a)"), "Q2101@1:5");
    EXPECT_EQ(meaning("f.d='a\""), "Q2101@1:5");
    EXPECT_EQ(meaning("f.d="), "Q2101@1:5");
    EXPECT_EQ(meaning("f.d=(v)"), "Q2101@1:5");
    EXPECT_EQ(meaning("f.d=a=b"), "Q2101@1:6");
    EXPECT_EQ(meaning("f.d in (a b)"), "Q2101@1:11");
    EXPECT_EQ(meaning("f.d in (a,)"), "Q2101@1:11");
    EXPECT_EQ(meaning("f.d in (,a)"), "Q2101@1:9");
    EXPECT_EQ(meaning("f.d in (a"), "Q2101@1:10");
    EXPECT_EQ(meaning("f.d in 'a'"), "Q2101@1:8");
}

TEST(FalcoCondition, Numbers) {
    for (const char* number : {"0", "12", "-1", "+1", "1.5", "1.", "1.5e+3", "2e-7", "0x1F"})
        EXPECT_EQ(meaning("f.d > " + std::string(number)), "f.d > " + std::string(number));
    EXPECT_EQ(meaning("f.d > x"), "Q2101@1:7");
    EXPECT_EQ(meaning("f.d > -"), "Q2101@1:7");
    EXPECT_EQ(meaning("f.d > 1.2.3"), "Q2101@1:10");
    EXPECT_EQ(meaning("f.d > 1e3"), "Q2101@1:8") << "Falco wants a sign there";
    EXPECT_EQ(meaning("f.d > 0x"), "Q2101@1:8");
    EXPECT_EQ(meaning("f.d > '1'"), "Q2101@1:7");
}

TEST(FalcoCondition, FieldsArgumentsTransformers) {
    EXPECT_EQ(meaning("proc.aname[2]=x"), "proc.aname[2] = x");
    EXPECT_EQ(meaning("proc.env['A B']=x"), "proc.env[\"A B\"] = x");
    EXPECT_EQ(meaning("jevt.value[/a/b] exists"), "jevt.value[/a/b] exists");
    EXPECT_EQ(meaning("evt.arg.flags contains x"), "evt.arg[flags] contains x");
    EXPECT_EQ(meaning("evt.arg[flags] contains x"), "evt.arg[flags] contains x");
    EXPECT_EQ(meaning("evt.rawarg.res > 0"), "evt.rawarg[res] > 0");
    EXPECT_EQ(meaning("evt.args contains x"), "evt.args contains x");
    EXPECT_EQ(meaning("proc.exe_ino.ctime_duration_proc_start > 1"), "proc.exe_ino.ctime_duration_proc_start > 1");
    EXPECT_EQ(meaning("tolower(proc.name) = x"), "tolower(proc.name) = x");
    EXPECT_EQ(meaning("b64( toupper( proc.aname[3] ) ) = x"), "b64(toupper(proc.aname[3])) = x");
    EXPECT_EQ(meaning("len(fd.name) > 3 and basename(proc.exe) exists"), "{len(fd.name) > 3 & basename(proc.exe) exists}");
    EXPECT_EQ(meaning("proc.name = val(proc.pname)"), "proc.name = val(proc.pname)");
    EXPECT_EQ(meaning("proc.name in val(proc.aname)"), "proc.name in val(proc.aname)");
    EXPECT_EQ(meaning("f.d > len(g.h)"), "f.d > len(g.h)");
    EXPECT_EQ(meaning("proc.name = tolower(proc.pname)"), "proc.name = tolower(proc.pname)");
    EXPECT_EQ(meaning("proc.name = proc.pname"), "proc.name = proc.pname") << "a text, though it looks like a field";
    EXPECT_EQ(meaning("tolower"), "tolower") << "a macro";
    EXPECT_EQ(meaning("val(proc.name) = x"), "Q2101@1:4") << "on the right side only";
    EXPECT_EQ(meaning("tolower(x) = y"), "Q2101@1:9");
    EXPECT_EQ(meaning("tolower(f.d = y"), "Q2101@1:13");
    EXPECT_EQ(meaning("join(f.d, g.h) = y"), "Q2101@1:5");
    EXPECT_EQ(meaning("concat(f.d) = y"), "Q2101@1:7");
    EXPECT_EQ(meaning("proc.aname[] = x"), "Q2101@1:12");
    EXPECT_EQ(meaning("proc.aname[2 = x"), "Q2101@1:13");
    EXPECT_EQ(meaning("proc.aname [2] = x"), "Q2101@1:12");
    EXPECT_EQ(meaning("1a.b = x"), "Q2101@1:1");
    EXPECT_EQ(meaning("a..b = x"), "Q2101@1:2");
}

TEST(FalcoCondition, Broken) {
    EXPECT_EQ(meaning(""), "Q2101@1:1");
    EXPECT_EQ(meaning("  "), "Q2101@1:1");
    EXPECT_EQ(meaning("and"), "Q2101@1:1");
    EXPECT_EQ(meaning("a and"), "Q2101@1:6");
    EXPECT_EQ(meaning("a or or b"), "Q2101@1:6");
    EXPECT_EQ(meaning("not"), "Q2101@1:4");
    EXPECT_EQ(meaning("a b"), "Q2101@1:3");
    EXPECT_EQ(meaning("a andb"), "Q2101@1:3");
    EXPECT_EQ(meaning("(a"), "Q2101@1:3");
    EXPECT_EQ(meaning("a)"), "Q2101@1:2");
    EXPECT_EQ(meaning("()"), "Q2101@1:2");
    EXPECT_EQ(meaning("a-b"), "Q2101@1:2");
    EXPECT_EQ(meaning("f.d"), "Q2101@1:4");
    EXPECT_EQ(meaning("a and\n (b or"), "Q2101@2:7");
    EXPECT_EQ(meaning("a = b"), "Q2101@1:3") << "a field has a dot";
    using namespace std::string_literals;
    EXPECT_EQ(meaning("a and b\0c"s), "Q1107@1:1");
    EXPECT_EQ(meaning("a and \x1b[31m"), "Q1107@1:1");
}

TEST(FalcoCondition, PlacesOfParts) {
    const Parsed parsed = parse("aa and\n  not proc.aname[2] in (x,\n 'y z')");
    ASSERT_NE(parsed.tree, nullptr);
    const Expression& negation = *parsed.tree->children[1];
    EXPECT_EQ(negation.where.line, 2u);
    EXPECT_EQ(negation.where.column, 3u);
    const Check& check = *negation.children[0]->check;
    EXPECT_EQ(check.where.column, 7u);
    EXPECT_EQ(check.where.width, 13u);
    EXPECT_EQ(check.values[0].where.column, 25u);
    EXPECT_EQ(check.values[1].where.line, 3u);
    EXPECT_EQ(check.values[1].where.column, 2u);
    EXPECT_EQ(check.values[1].where.width, 5u);
}

TEST(FalcoCondition, DepthIsBounded) {
    EXPECT_EQ(meaning(repeat("(", 64) + "a" + repeat(")", 64)), "a");
    EXPECT_EQ(meaning(repeat("(", 65) + "a" + repeat(")", 65)), "Q2102@1:65");
    EXPECT_EQ(meaning(repeat("(", 10'000)), "Q2102@1:65");
    EXPECT_EQ(meaning(repeat("not (", 10'000)), "Q2102@1:325");
    EXPECT_EQ(meaning(repeat("not ", 10'000) + "a"), "a");
    EXPECT_EQ(meaning(repeat("(a) and ", 1'000) + "a").size(), repeat("a & ", 1'000).size() + 3) << "one after the other is not deep";
    EXPECT_EQ(meaning(repeat("tolower(", 10'000)), "Q2102@1:1");
    EXPECT_EQ(meaning("f.d = " + repeat("tolower(", 10'000)), "Q2102@1:7");
    EXPECT_EQ(meaning(repeat("tolower(", 60) + "f.d" + repeat(")", 60) + " exists and a").substr(0, 9), "{tolower(");
    EXPECT_EQ(meaning("a" + repeat(" and a", 60'000)), "Q2103@1:1");
}

}  // namespace
}  // namespace quell::policy::falco::test
