// SPDX-License-Identifier: Apache-2.0
// Rule files made to cost more than they should: each is refused with a clear
// error in bounded time and memory.
#include <gtest/gtest.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "falco_support.h"
#include "policy/import/falco/census.h"
#include "policy/import/falco/normal_form.h"
#include "policy/limits.h"

namespace quell::policy::falco::test {
namespace {

// Of the processor: others may be busy.
class Clock {
public:
    [[nodiscard]] double seconds() const { return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC; }

private:
    std::clock_t start_ = std::clock();
};

// The first error's code; "" if there is none.
std::string first_error(const std::vector<std::string>& texts) {
    for (const Finding& finding : read(texts).findings)
        if (finding.severity == Severity::kError) return std::string(code_name(finding.code));
    return "";
}

std::string first_error(const std::string& text) { return first_error(std::vector<std::string>{text}); }

std::string number(std::size_t i) { return std::to_string(i); }

TEST(FalcoHostile, MacrosThatDouble) {
    std::string text = macro("m0", "a.b=c");
    for (std::size_t i = 1; i <= 60; i++) text += macro("m" + number(i), "m" + number(i - 1) + " or m" + number(i - 1));
    const Clock clock;
    EXPECT_EQ(first_error(text + rule("m60")), "Q2205");
    EXPECT_EQ(first_error(text + rule("m12")), "Q2205") << "an error in a macro that no rule uses, too";
    EXPECT_LT(clock.seconds(), 5) << "0.01 s without sanitizers";
}

TEST(FalcoHostile, MacrosThatAreLargeTogether) {
    // 8,191 parts each
    std::string text = macro("m0", "a.b=c");
    for (std::size_t i = 1; i <= 12; i++) text += macro("m" + number(i), "m" + number(i - 1) + " or m" + number(i - 1));
    for (std::size_t i = 0; i < 300; i++) text += rule("m12", "r" + number(i));
    EXPECT_EQ(first_error(text), "Q2205");
}

TEST(FalcoHostile, MacrosWithinMacros) {
    const auto chain = [](std::size_t length) {
        std::string text = macro("m0", "a.b=c");
        for (std::size_t i = 1; i < length; i++) text += macro("m" + number(i), "m" + number(i - 1));
        return text + rule("m" + number(length - 1));
    };
    EXPECT_EQ(first_error(chain(64)), "");
    EXPECT_EQ(first_error(chain(65)), "Q2102");
    EXPECT_EQ(first_error(chain(9'000)), "Q2102");
    // written anew from the last to the first, each looks ahead
    std::string text = macro("m0", "a.b=c");
    for (std::size_t i = 1; i < 9'000; i++) text += macro("m" + number(i), "a.b=c");
    for (std::size_t i = 0; i + 1 < 9'000; i++) text += macro("m" + number(i), "m" + number(i + 1));
    EXPECT_EQ(first_error(text + rule("m0")), "Q2102");
    std::string deep = macro("m0", "a.b=c");
    for (std::size_t i = 1; i < 60; i++) deep += macro("m" + number(i), repeat("not (a.b=c and ", 20) + "m" + number(i - 1) + repeat(")", 20));
    EXPECT_EQ(first_error(deep), "Q2102") << "levels of the tree, not of macros";
}

TEST(FalcoHostile, ListsThatMultiply) {
    std::string values;
    for (std::size_t i = 0; i < 1'000; i++) values += (i > 0 ? ", v" : "v") + number(i);
    std::string text = list("l0", values);
    for (std::size_t i = 0; i < 100; i++) text += list("k" + number(i), "l0, k" + number(i) + "x");
    std::string names = "l0";
    for (std::size_t i = 0; i < 100; i++) names += ", k" + number(i);
    const Clock clock;
    EXPECT_EQ(first_error(text + list("l1", names)), "Q2205") << "101,000 values in one list";
    EXPECT_LT(clock.seconds(), 10) << "0.02 s without sanitizers";
    // the same few values named again and again cost nothing
    std::string again = list("l0", "a, b");
    for (std::size_t i = 1; i < 60; i++) again += list("l" + number(i), repeat("l" + number(i - 1) + ", ", 100) + "a");
    EXPECT_EQ(first_error(again + rule("x.y in (l59)")), "");
}

TEST(FalcoHostile, ListsThatAreUsedOften) {
    std::string values;
    for (std::size_t i = 0; i < 10'000; i++) values += (i > 0 ? ",\n    v" : "v") + number(i);
    std::string text = list("l", values);
    for (std::size_t i = 0; i < 100; i++) text += rule("x.y in (l)", "r" + number(i));
    EXPECT_EQ(first_error(text), "Q2205");
    std::string shared = list("l", values) + macro("m", "x.y in (l)");
    for (std::size_t i = 0; i < 1'000; i++) shared += rule("m", "r" + number(i));
    EXPECT_EQ(first_error(shared), "") << "a macro's values are there once";
}

TEST(FalcoHostile, ListsWithinLists) {
    const auto chain = [](std::size_t length, bool forward) {
        std::string text;
        for (std::size_t i = 0; i < length; i++) {
            const std::size_t at = forward ? i : length - 1 - i;
            text += list("l" + number(at), at == 0 ? "a" : "l" + number(at - 1));
        }
        return text + rule("x.y in (l" + number(length - 1) + ")");
    };
    for (const bool forward : {false, true}) {
        EXPECT_EQ(first_error(chain(64, forward)), "");
        EXPECT_EQ(first_error(chain(65, forward)), "Q2205");
        EXPECT_EQ(first_error(chain(9'000, forward)), "Q2205");
    }
}

TEST(FalcoHostile, NamesThatMultiply) {
    std::string bases, names;
    for (std::size_t i = 0; i < 4'000; i++) {
        bases += list("l" + number(i), "a");
        names += (i > 0 ? ",\n    l" : "l") + number(i);
    }
    std::string text = bases + list("all", names);
    for (std::size_t i = 0; i < 4'000; i++) text += list("k" + number(i), "all");
    const Clock clock;
    EXPECT_EQ(first_error(text), "Q2205");
    EXPECT_LT(clock.seconds(), 10) << "1 s without sanitizers";
}

TEST(FalcoHostile, LongValuesUsedOften) {
    std::string text = list("l", std::string(30'000, 'x'));
    for (std::size_t i = 0; i < 2'000; i++) text += rule("x.y in (l)", "r" + number(i));
    EXPECT_EQ(first_error(text), "Q2205") << "60 MB";
}

TEST(FalcoHostile, LongNames) {
    EXPECT_EQ(first_error(list(std::string(256, 'l'), "a") + macro(std::string(256, 'm'), "a.b=c")), "");
    EXPECT_EQ(first_error(list(std::string(257, 'l'), "a")), "Q2004");
    EXPECT_EQ(first_error(macro(std::string(257, 'm'), "a.b=c")), "Q2004");
}

TEST(FalcoHostile, MuchThatIsAppended) {
    const std::string more = "- rule: r\n  override: {tags: append}\n  tags: [";
    std::string first = more, second = more;
    for (std::size_t i = 0; i < 200; i++) {
        first += "a" + number(i) + ", ";
        second += "b" + number(i) + ", ";
    }
    EXPECT_EQ(first_error(rule("a.b=c") + first + "]\n"), "");
    EXPECT_EQ(first_error(rule("a.b=c") + first + "]\n" + second + "]\n"), "Q1108");
    EXPECT_EQ(first_error(rule("a.b=c", "r", "  tags: [" + repeat("t, ", 257) + "]\n")), "Q1108");
    std::string exceptions;
    for (std::size_t i = 0; i < 257; i++)
        exceptions += "- rule: r\n  append: true\n  exceptions: [{name: e" + number(i) + ", fields: x.y, values: [a]}]\n";
    EXPECT_EQ(first_error(rule("a.b=c") + exceptions), "Q1108");
}

TEST(FalcoHostile, LongConditions) {
    EXPECT_EQ(first_error(rule(">\n" + repeat("    a.b=c and\n", 17'000) + "    a.b=c\n")), "Q2205") << "166 KiB, but too many parts";
    EXPECT_EQ(first_error(rule(">\n" + repeat("    a.b=c and\n", 30'000) + "    a.b=c\n")), "Q2103");
    std::string text = rule("a.b=c");
    for (std::size_t i = 0; i < 10; i++) text += "- rule: r\n  append: true\n  condition: >\n" + repeat("    and a.b=" + std::string(200, 'x') + "\n", 200);
    EXPECT_EQ(first_error(text), "Q2103") << "appended to until it is too long";
}

TEST(FalcoHostile, ExceptionsThatMultiply) {
    std::string exception = "  exceptions:\n    - name: e\n      fields: [";
    for (std::size_t i = 0; i < 16; i++) exception += (i > 0 ? ", " : "") + std::string("x.") + std::string(1'000, 'y');
    exception += "]\n      values:\n";
    exception += repeat("        - [a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a]\n", 5'000);
    EXPECT_EQ(first_error(rule("a.b=c", "r", exception)), "Q2103");
    EXPECT_EQ(first_error(rule("a.b=c", "r", "  exceptions: [{name: e, fields: [" + repeat("x.y, ", 16) + "x.z]}]\n")), "Q2008");
    std::string many = "  exceptions:\n";
    for (std::size_t i = 0; i < 257; i++) many += "    - {name: e" + number(i) + ", fields: x.y, values: [a]}\n";
    EXPECT_EQ(first_error(rule("a.b=c", "r", many)), "Q1108");
}

TEST(FalcoHostile, ConditionsThatAreLongTogether) {
    std::vector<std::string> files;
    std::string text = rule("a.b=c", "r", "  exceptions:\n    - name: e\n      fields: [" + ("x." + std::string(200, 'y')) + "]\n      values:\n" +
                                              repeat("        - [a]\n", 500));
    for (std::size_t i = 0; i < 200; i++) {
        files.push_back(text);
        files.back().replace(8, 1, "r" + number(i));
    }
    const Clock clock;
    EXPECT_EQ(first_error(files), "Q2103");
    EXPECT_LT(clock.seconds(), 30) << "0.5 s without sanitizers";
}

TEST(FalcoHostile, ManyItems) {
    const std::string items = repeat("- {list: l, items: []}\n", 15'000);
    EXPECT_EQ(first_error({items, items}), "Q1012");
    EXPECT_EQ(first_error(repeat("- {}\n", 20'001)), "Q1012");
    const std::vector<std::string> files(5, std::string(kMaxFalcoFileBytes, '\n'));
    EXPECT_EQ(first_error(files), "") << "empty, and 10 MiB";
    EXPECT_EQ(first_error(std::vector<std::string>(kMaxFiles + 1, "")), "Q1001");
    EXPECT_EQ(first_error(std::vector<std::string>(17, std::string(kMaxFalcoFileBytes, '\n'))), "Q1001");
}

TEST(FalcoHostile, DeepYaml) {
    EXPECT_EQ(first_error(repeat("[", 4'000)), "Q1006");
    EXPECT_EQ(first_error(rule("a.b=c", "r", "  exceptions: " + repeat("[", 100) + repeat("]", 100) + "\n")), "Q1006");
    EXPECT_EQ(first_error(rule("a.b=c", "r", "  exceptions: [{name: e, fields: " + repeat("[", 20) + repeat("]", 20) + "}]\n")), "Q2008");
}

TEST(FalcoHostile, LongLinesAreBoundedInTime) {
    const Clock clock;
    for (std::string_view unit : {",", "[", "{", "a:", "a: b ", "\"", "'", "- ", "? ", "&a ", "!", "#", "\t"}) {
        const std::string line = repeat(unit, (kMaxFalcoLineBytes - 16) / unit.size()) + "\n";
        (void)read(repeat(line, 16));
        (void)read("[" + repeat(line, 16));
        (void)read(rule(line));
    }
    EXPECT_LT(clock.seconds(), 60) << "1 s without sanitizers";
}

TEST(FalcoHostile, NormalFormsAreBoundedInTime) {
    std::string text = "(a.b=c or a.b=d)";
    for (std::size_t i = 0; i < 2'000; i++) text += " and\n    not (a.b=x" + number(i) + " and (a.c=x or a.d=y" + number(i) + "))";
    const Outcome outcome = read(rule(text));
    ASSERT_EQ(outcome.rules.rules.size(), 1u) << errors(outcome);
    const Clock clock;
    EXPECT_FALSE(normal_form(*outcome.rules.rules[0].condition)) << "4,000 exceptions";
    (void)census(outcome.rules.rules);
    EXPECT_LT(clock.seconds(), 10) << "0.1 s without sanitizers";
}

}  // namespace
}  // namespace quell::policy::falco::test
