// SPDX-License-Identifier: Apache-2.0
#include "policy/format/format.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "policy/check/check.h"
#include "policy/compile/digest.h"
#include "policy/document/parse.h"
#include "spelling.h"
#include "support.h"

namespace quell::policy::test {
namespace {

std::string formatted(const std::string& text) {
    const Formatted result = format({"t.yaml", text});
    EXPECT_TRUE(result.text) << summary(result.findings) << result.refusal.message << "\n" << text;
    return result.text.value_or("");
}

std::string digest_of(const std::string& text) {
    const CompileResult result = compile_text(text, Options{.allow_empty = true});
    return result.image ? result.image->digest : summary(result.findings);
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) found++;
    return found;
}

// Every value of the document, descriptions too: the digest does not know them.
void append(const Node& node, std::string& to) {
    to += std::string(type_word(node.type)) + "<" + node.text + ">";
    for (const Node& item : node.items) append(item, to);
    for (const Entry& entry : node.entries) {
        append(entry.key, to);
        append(entry.value, to);
    }
}

std::string values(const std::string& text) {
    const Source source{"t.yaml", text};
    const SourceText one(source);
    Findings findings(std::span(&one, 1));
    const auto root = parse(one, 0, findings);
    std::string all;
    if (root) append(*root, all);
    return all;
}

// What holds for every policy, whatever it looks like.
void expect_sound(const std::string& text) {
    const std::string once = formatted(text);
    EXPECT_EQ(formatted(once), once) << text;
    EXPECT_EQ(digest_of(once), digest_of(text)) << text;
    EXPECT_EQ(values(once), values(text)) << text;
    EXPECT_EQ(count(once, "# "), count(text, "# ")) << text;
}

const std::string kTop = "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: t}\nspec:\n  rules:\n";
const std::string kRule = "    - id: r\n      severity: high\n      on: [delete]\n      match: {path: [/x]}\n";

TEST(Format, PacksAreInTheirForm) {
    for (const auto& entry : std::filesystem::directory_iterator(QUELL_SOURCE_DIR "/policy/packs")) {
        if (entry.is_directory()) continue;
        const std::string text = slurp(entry.path());
        EXPECT_EQ(formatted(text), text) << entry.path();
    }
}

TEST(Format, SpacesQuotesAndIndents) {
    EXPECT_EQ(formatted("---\n\n\nkind:   'Policy'\n\n\n\napiVersion : \"quell/v1\"\nmetadata: { name: t }\nspec:\n      rules:\n      -    'id' : r\n"
                        "           severity: high\n           on: [ delete,rename ]\n           match: {path: ['/x' , \"/y: z\"]}   \n\n\n"),
              "kind: Policy\n\napiVersion: quell/v1\nmetadata: {name: t}\nspec:\n  rules:\n    - id: r\n      severity: high\n"
              "      on: [delete, rename]\n      match: {path: [/x, '/y: z']}\n");
}

TEST(Format, QuotesThatSaySomethingStay) {
    const auto name = [](const std::string& written) {
        const std::string text = formatted(kTop + kRule + "      name: " + written + "\n");
        const std::size_t at = text.find("name: ", text.find("- id")) + 6;
        return text.substr(at, text.find('\n', at) - at);
    };
    for (const char* kept : {"'yes'", "'12'", "'1e3'", "'~'", "'null'", "'a: b'", "'a #b'", "'- a'", "'[a]'", "\"- it's\"", "'\"'", "yes", "12", "it's", "a, b"})
        EXPECT_EQ(name(kept), kept);
    for (const char* kept : {"\"a\\u202eb\"", "\"\\U000e0041\"", "\"\\u2028 \\\\ \\\"\"", "\"\\xad\""}) EXPECT_EQ(name(kept), kept);
    EXPECT_EQ(name("a\xe2\x80\xae" "b"), "\"a\\u202eb\"") << "what cannot be seen is made visible";
    EXPECT_EQ(name("\xc3\xa4"), "\xc3\xa4");
    EXPECT_EQ(name("\"x\""), "x");
    EXPECT_EQ(name("'1h'"), "1h");
    EXPECT_EQ(name("\"\\x41\""), "A");
    EXPECT_EQ(name("'it''s'"), "it's");
    EXPECT_EQ(name("'# it''s'"), "\"# it's\"");
    EXPECT_EQ(name("\"# back\\\\slash it's\""), "'# back\\slash it''s'");
}

TEST(Format, CommentsStayWhereTheyBelong) {
    const std::string text = "# head\n\n# second\n" + kTop +
                             "    # of the rule\n    - id: r # id\n\n      # of severity\n      severity: high\n      on: # words\n"
                             "        - delete # gone\n        # of rename\n        - rename\n        # end of on\n      # of match\n"
                             "      match: {path: [/x]}   #   paths\n    # end of rules\n  # end of spec\n# end\n";
    EXPECT_EQ(formatted(text), "# head\n\n# second\n" + kTop +
                                   "    # of the rule\n    - id: r  # id\n\n      # of severity\n      severity: high\n      on:  # words\n"
                                   "        - delete  # gone\n        # of rename\n        - rename\n        # end of on\n      # of match\n"
                                   "      match: {path: [/x]}  #   paths\n    # end of rules\n  # end of spec\n# end\n");
    expect_sound(text);
}

TEST(Format, BracketsWithACommentOrTooLongBecomeBlocks) {
    EXPECT_EQ(formatted(kTop + "    - {id: r, severity: high, on: [delete], # why\n       match: {path: [/x,\n /y]}}\n"),
              kTop + "    - id: r\n      severity: high\n      on: [delete]  # why\n      match: {path: [/x, /y]}\n");
    const std::string longer = "/" + std::string(60, 'a');
    EXPECT_EQ(formatted(kTop + "    - id: r\n      severity: high\n      on: [delete]\n      match: {path: [" + longer + ", " + longer + "b]}\n"),
              kTop + "    - id: r\n      severity: high\n      on: [delete]\n      match:\n        path:\n          - " + longer + "\n          - " + longer + "b\n");
}

TEST(Format, TextsOfSeveralLines) {
    const std::string folded = kTop + kRule + "      description: >-  # why\n        one\n          two\n\n        three\n";
    EXPECT_EQ(formatted(folded), folded);
    EXPECT_EQ(formatted(kTop + kRule + "      description: |+2\n          a\n         b\n\n\n"),
              kTop + kRule + "      description: |2+\n          a\n         b\n\n\n") << "the digit counts from the map's own column";
    const std::string words = "word word word word word word word word word word word word word word word word word word";
    EXPECT_EQ(formatted(kTop + kRule + "      description: " + words + "\n        " + words + "\n"),
              kTop + kRule + "      description: >-\n        word word word word word word word word word word word word word word\n"
                             "        word word word word word word word word word word word word word word\n"
                             "        word word word word word word word word\n");
    EXPECT_EQ(formatted(kTop + kRule + "      description: 'one\n\n        two'\n"), kTop + kRule + "      description: \"one\\ntwo\"\n");
}

TEST(Format, LineEnds) {
    std::string dos;
    for (const char c : kTop + kRule) dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
    EXPECT_EQ(formatted(dos), kTop + kRule);
    EXPECT_EQ(formatted((kTop + kRule).substr(0, (kTop + kRule).size() - 1)), kTop + kRule);
}

TEST(Format, WhatIsNoPolicyIsLeftAlone) {
    const Formatted broken = format({"t.yaml", kTop + kRule + "      bogus: 1\n"});
    EXPECT_FALSE(broken.text);
    EXPECT_EQ(summary(broken.findings), "Q1101@10:7");
    for (const std::string& text : {std::string("%YAML 1.2\n---\n") + kTop + kRule, kTop + kRule + "      name: ! x\n", "# a\rb\n" + kTop + kRule}) {
        const Formatted refused = format({"t.yaml", text});
        EXPECT_FALSE(refused.text) << *refused.text;
        EXPECT_NE(refused.refusal.message, "") << summary(refused.findings);
        EXPECT_EQ(refused.refusal.message.find("defect"), std::string::npos);
    }
}

TEST(Format, OddButRightYaml) {
    for (const std::string& text : {
             std::string("{apiVersion: quell/v1,kind: Policy,metadata: {name: t},spec: {rules: []}} # c\n"),
             std::string("{apiVersion: quell/v1,kind: Policy,metadata: {name: t},spec: {rules: [ # none\n# still\n] # c\n}}\n# d\n"),
             "? apiVersion\n: quell/v1\nkind: Policy\nmetadata: {name: t}\nspec:\n rules:\n" + kRule,
             kTop + kRule + "      description:\n        # between\n        here\n",
             kTop + kRule + "      description: plain\n       over\n\n       lines # c\n",
             kTop + kRule + "      description: |\n       # no comment\n     # a comment\n      name: x\n",
             kTop + kRule + "      tags: [a#b, 'c # d', \"e\\\" # f\"] # g\n",
             kTop + kRule + "      tags: [a,#b\n       c]\n",
             kTop + kRule + "      tags: ['+? q', \"a?\", \"x:y\"]\n",
             kTop + kRule + "      tags:\n      - a\n      # at the key's column\n      name: x\n",
             kTop + "    -\n      # before the id\n      id: r\n      severity: high\n      on: [delete]\n      match: {path: [/x]}\n",
             kTop + "    - # behind the dash\n      id: r\n      severity: high\n      on: [delete]\n      match: {path: [/x]}\n",
             kTop + kRule + "...\n# after the end\n",
         }) {
        SCOPED_TRACE(text);
        expect_sound(text);
    }
}

// The words that a rule's keys have, read again, are the rule; the formatter
// changes neither that nor a comment.
TEST(Format, RandomSpellings) {
    std::mt19937 random(20250214);
    unsigned comments = 0;
    for (unsigned round = 0; round < 400; round++) {
        const Checked checked = random_rules(random);
        const Spelling spelling = random_spelling(checked, random);
        const std::vector<Source> sources{{"t.yaml", spelling.text}};
        const std::vector<SourceText> texts{SourceText(sources[0])};
        Findings findings(texts);
        const Checked read = check(texts, {}, findings);
        ASSERT_FALSE(findings.has_errors()) << summary(findings.take()) << "\n" << spelling.text;
        ASSERT_EQ(meaning_digest(read.rules), meaning_digest(checked.rules)) << spelling.text;
        const std::string once = formatted(spelling.text);
        ASSERT_EQ(digest_of(once), digest_of(spelling.text)) << spelling.text;
        ASSERT_EQ(formatted(once), once) << spelling.text;
        for (unsigned number = 0; number < spelling.comments; number++) ASSERT_EQ(count(once, mark(number)), 1u) << mark(number) << "\n" << spelling.text << "\n" << once;
        ASSERT_EQ(values(once), values(spelling.text)) << spelling.text;
        if (once.find("trailing blanks") == std::string::npos) {
            ASSERT_EQ(once.find(" \n"), std::string::npos) << "no line ends with a blank:\n" << once;
        }
        comments += spelling.comments;
    }
    EXPECT_GT(comments, 4'000u) << "a test without comments would prove nothing";
}

}  // namespace
}  // namespace quell::policy::test
