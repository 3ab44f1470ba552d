// SPDX-License-Identifier: Apache-2.0
// Texts in a command line -> patterns over single arguments.
#include "policy/import/falco/translate/lines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "falco_globs.h"
#include "policy/reference/arguments.h"

namespace quell::policy::falco::test {
namespace {

std::string text_of(const ArgumentClauses& clauses) {
    std::string text;
    for (const Clause& clause : clauses.any) {
        text += text.empty() ? "" : " or ";
        for (std::size_t i = 0; i < clause.size(); i++) {
            text += std::string(i > 0 ? " and " : "") + (clause[i].negated ? "not " : "") + "[";
            for (std::size_t j = 0; j < clause[i].values.size(); j++) text += (j > 0 ? ", " : "") + clause[i].values[j];
            text += "]";
        }
    }
    return text;
}

std::string more(const Glob& glob, Line line) { return text_of(clauses_of({glob}, line, false)); }
std::string less(const Glob& glob, Line line) { return text_of(clauses_of({glob}, line, true)); }

std::vector<std::string> notes(const Glob& glob, Line line, bool wants_less = false) {
    std::vector<std::string> texts;
    for (const Note& note : clauses_of({glob}, line, wants_less).notes) texts.push_back(note.text);
    return texts;
}

using Texts = std::vector<std::string>;

TEST(FalcoLines, AWordIsWithinOneArgument) {
    EXPECT_EQ(more(contains("--donate"), Line::kArguments), "['*--donate*']");
    EXPECT_EQ(less(contains("--donate"), Line::kArguments), "['*--donate*']");
    EXPECT_EQ(notes(contains("--donate"), Line::kArguments), Texts{});
    EXPECT_EQ(notes(contains("--donate"), Line::kArguments, true), Texts{});
    EXPECT_EQ(more(starts("-l"), Line::kArguments), "[{at: 1, is: '-l*'}]");
    EXPECT_EQ(notes(starts("-l"), Line::kArguments), Texts{});
    EXPECT_EQ(more(starts("./x"), Line::kWhole), "[{at: 0, is: ./x*}]");
    EXPECT_EQ(more(contains("a*b[c]?\\"), Line::kArguments), R"(['*a\*b\[c]\?\\*'])");
}

TEST(FalcoLines, ABlankIsBetweenArgumentsOrWithinOne) {
    EXPECT_EQ(more(starts("-c /x"), Line::kArguments), "[{at: 1, is: '-c'}, {at: 1, is: '-c /x*'}] and [{at: 1, is: '-c /x*'}, {at: 2, is: /x*}]");
    EXPECT_EQ(notes(starts("-c /x"), Line::kArguments), Texts{});
    EXPECT_EQ(more(contains("a b"), Line::kArguments), "['*a', '*a b*'] and ['*a b*', b*]");
    EXPECT_EQ(notes(contains("a b"), Line::kArguments), Texts{"the words of a text with blanks may stand apart, or in another order"});
    EXPECT_EQ(more(contains(" -e"), Line::kCommand), "['* -e*', '-e*']");
    EXPECT_EQ(notes(contains(" -e"), Line::kCommand), Texts{});
    EXPECT_EQ(more(contains(" -e"), Line::kArguments), "['* -e*', '-e*']");
    EXPECT_EQ(notes(contains(" -e"), Line::kArguments), Texts{"what has a blank in front of it may be the first argument"});
    EXPECT_EQ(more(contains(" pass "), Line::kArguments), "['* pass', '* pass *', pass, pass *]");
    // many blanks: each word by itself, with what may stand beside it
    EXPECT_EQ(more(contains("a b c d"), Line::kArguments), "['*a', '*a *'] and [b, b *, '* b', '* b *'] and [c, c *, '* c', '* c *'] and [d*, '* d*']");
}

TEST(FalcoLines, TheEndIsThatOfTheLastArgument) {
    EXPECT_EQ(more(ends(".conf"), Line::kArguments), "['*.conf']");
    EXPECT_EQ(notes(ends(".conf"), Line::kArguments), Texts{"the end of any argument counts, not only of the last"});
    EXPECT_TRUE(less(ends(".conf"), Line::kArguments).starts_with("[{at: 1, is: '*.conf'}] and not [{at: 2, is: '?*'}, {at: 3, is: '?*'}, "));
}

TEST(FalcoLines, TheNameIsWhatItCallsItself) {
    EXPECT_EQ(more(starts("sh -c "), Line::kCommand), "[{at: 0, is: sh}, {at: 0, is: '*/sh'}] and [{at: 1, is: '-c'}, {at: 1, is: '-c *'}] and [{at: 1, is: '-c *'}, {at: 2, is: '?*'}]");
    EXPECT_EQ(more(contains("xmrig"), Line::kCommand), "[{at: 0, is: '*xmrig*'}, '*xmrig*']");
    EXPECT_EQ(more(contains("/tmp/"), Line::kCommand), "['*/tmp/*']") << "no name holds a slash";
    EXPECT_EQ(notes(contains("/tmp/"), Line::kCommand), Texts{});
    EXPECT_EQ(more(starts("/bin/sh"), Line::kCommand), "");
    EXPECT_EQ(more(literal("ls"), Line::kCommand), "[{at: 0, is: ls}, {at: 0, is: '*/ls'}] and not ['?*']");
    EXPECT_EQ(more(literal(""), Line::kArguments), "not ['?*']");
    EXPECT_EQ(more(literal(""), Line::kCommand), "");
}

TEST(FalcoLines, AnExceptionIsNotMoreThanTheText) {
    EXPECT_EQ(less(starts("perl /opt/x"), Line::kCommand), "[{at: 0, is: perl}, {at: 0, is: '*/perl'}] and [{at: 1, is: /opt/x*}]");
    EXPECT_EQ(less(starts("sh -c kill -0 "), Line::kCommand),
              "[{at: 0, is: sh}, {at: 0, is: '*/sh'}] and [{at: 1, is: '-c'}] and [{at: 2, is: kill -0 *}]");
    EXPECT_EQ(less(starts("-x y"), Line::kArguments), "[{at: 1, is: '-x'}] and [{at: 2, is: y*}] or [{at: 1, is: '-x y*'}]");
    EXPECT_EQ(less(starts("apt-"), Line::kCommand),
              "[{at: 0, is: apt-*}, {at: 0, is: /bin/apt-*}, {at: 0, is: /usr/bin/apt-*}] and not [{at: 0, is: apt-*/*}, {at: 0, is: /bin/apt-*/*}, {at: 0, is: /usr/bin/apt-*/*}]");
    EXPECT_EQ(less(contains(" -x"), Line::kArguments), "['* -x*', {at: 2, is: '-x*'}, {at: 3, is: '-x*'}, {at: 4, is: '-x*'}, {at: 5, is: '-x*'}, {at: 6, is: '-x*'}, {at: 7, is: '-x*'}]");
    // what follows the seventh argument is not known
    EXPECT_TRUE(less(literal("a b c d e f"), Line::kArguments).starts_with("[{at: 1, is: a}] and [{at: 2, is: b}] and "));
    EXPECT_TRUE(less(literal("a b c d e f g"), Line::kArguments).starts_with("[{at: 1, is: a b c d e f g}] and not [{at: 2, is: '?*'}, "));
    EXPECT_EQ(less(contains(std::string(2'000, 'a')), Line::kArguments), "");
    EXPECT_EQ(less(ends("a b c"), Line::kArguments).find("{at: 7, is: c}"), std::string::npos);
    EXPECT_EQ(less(starts("a b c d e f g h"), Line::kArguments), "[{at: 1, is: a b c d e f g h*}]");
}

TEST(FalcoLines, WhatSaysNothingIsNotSaid) {
    EXPECT_TRUE(clauses_of({star()}, Line::kArguments, false).is_always);
    EXPECT_EQ(clauses_of({contains(" ")}, Line::kArguments, false).unsaid, "a blank alone cannot be asked for");
    EXPECT_TRUE(clauses_of({}, Line::kArguments, false).any.empty());
}

// The texts of a value, read back.
bool value_holds(const std::string& value, const std::vector<std::string>& argv) {
    std::string glob = value;
    std::size_t at = argv.size();
    if (value.starts_with("{at: ")) {
        at = static_cast<std::size_t>(value[5] - '0');
        glob = value.substr(12, value.size() - 13);
        if (at >= argv.size()) return false;
    }
    if (glob.starts_with('\'')) glob = glob.substr(1, glob.size() - 2);
    if (value.starts_with('{')) return reference::glob_matches(glob, argv[at]);
    return std::any_of(argv.begin() + 1, argv.end(), [&](const std::string& argument) { return reference::glob_matches(glob, argument); });
}

bool holds(const ArgumentClauses& clauses, const std::vector<std::string>& argv) {
    return std::any_of(clauses.any.begin(), clauses.any.end(), [&](const Clause& clause) {
        return std::all_of(clause.begin(), clause.end(), [&](const Entry& entry) {
            return std::any_of(entry.values.begin(), entry.values.end(), [&](const std::string& value) { return value_holds(value, argv); }) != entry.negated;
        });
    });
}

std::string random_text(std::mt19937& random, std::string_view bytes, std::size_t least, std::size_t most) {
    std::string text;
    for (std::size_t left = least + random() % (most - least + 1); left > 0; left--) text += bytes[random() % bytes.size()];
    return text;
}

std::string line_of(Line line, const std::vector<std::string>& argv) {
    std::string text = line == Line::kCommand ? argv[0].substr(argv[0].rfind('/') + 1) : line == Line::kWhole ? argv[0] : "";
    for (std::size_t i = 1; i < argv.size(); i++) text += (i > 1 || line != Line::kArguments ? " " : "") + argv[i];
    return text;
}

// No argument is empty, and the name is what it calls itself: what the notes
// of no direction speak of.
TEST(FalcoLines, RandomTextsAndArguments) {
    std::mt19937 random(20261128);
    std::size_t by_line = 0, by_more = 0, by_less = 0, exact = 0;
    for (int round = 0; round < 10'000; round++) {
        Glob glob = literal(random_text(random, "aab  /", 0, 6));
        if (random() % 8 == 0) glob = joined(joined(glob, star()), literal(random_text(random, "ab ", 1, 3)));
        if (random() % 12 == 0) glob.push_back({Piece::Kind::kAny, "?"});
        if (random() % 2 == 0) glob = joined(star(), glob);
        if (random() % 2 == 0) glob = joined(std::move(glob), star());
        const Line line = std::array{Line::kArguments, Line::kCommand, Line::kWhole}[random() % 3];
        const ArgumentClauses superset = clauses_of({glob}, line, false), subset = clauses_of({glob}, line, true);
        if (superset.is_always || !superset.unsaid.empty()) continue;
        const auto has = [](const ArgumentClauses& clauses, Change change) {
            return std::any_of(clauses.notes.begin(), clauses.notes.end(), [&](const Note& note) { return note.change == change; });
        };
        EXPECT_FALSE(has(subset, Change::kWider));
        exact += superset.notes.empty() ? 1 : 0;
        for (int i = 0; i < 60; i++) {
            std::vector<std::string> argv{(random() % 2 == 0 ? "/a/" : "") + random_text(random, "ab", 1, 3)};
            for (std::size_t left = random() % (random() % 4 == 0 ? 11 : 4); left > 0; left--) argv.push_back(random_text(random, "aab /", 1, 4));
            const std::string text = line_of(line, argv);
            const bool is_match = wild_matches(glob, text), is_more = holds(superset, argv), is_less = holds(subset, argv);
            const auto told = [&] { return glob_text(glob) + " of '" + text + "' is " + text_of(superset) + ", less: " + text_of(subset); };
            ASSERT_TRUE(is_more || !is_match || has(superset, Change::kNarrower)) << told();
            ASSERT_TRUE(is_match || !is_more || has(superset, Change::kWider)) << told();
            ASSERT_TRUE(is_match || !is_less) << told();
            ASSERT_TRUE(is_less || !is_match || has(subset, Change::kNarrower)) << told();
            by_line += is_match ? 1 : 0;
            by_more += is_match && is_more ? 1 : 0;
            by_less += is_less ? 1 : 0;
        }
    }
    EXPECT_GT(exact, 1'000u);
    EXPECT_GT(by_line, 25'000u);
    EXPECT_GT(by_more, by_line * 9 / 10);
    EXPECT_GT(by_less, by_line / 3);
}

}  // namespace
}  // namespace quell::policy::falco::test
