// SPDX-License-Identifier: Apache-2.0
// Texts made to break a parser: a clear error each, never a crash, in bounded
// time. Broken policies that are text files lie in broken/.
#include <gtest/gtest.h>

#include <ctime>

#include "policy/limits.h"
#include "support.h"

namespace quell::policy::test {
namespace {

std::string repeat(std::string_view text, std::size_t count) {
    std::string all;
    while (count-- > 0) all += text;
    return all;
}

std::string first_code(const std::string& text) {
    const CompileResult result = compile_text(text);
    EXPECT_FALSE(result.image);
    return result.findings.empty() ? "" : std::string(code_name(result.findings[0].code));
}

TEST(Hostile, Bytes) {
    using namespace std::string_literals;
    EXPECT_EQ(summary(compile_text("kind: \xff\n").findings), "Q1002@1:7");
    EXPECT_EQ(summary(compile_text("ä: \xc3\n").findings), "Q1002@1:4") << "columns count characters";
    EXPECT_EQ(summary(compile_text("a: \xc0\xaf\n").findings), "Q1002@1:4") << "overlong";
    EXPECT_EQ(summary(compile_text("a: \xed\xa0\x80\n").findings), "Q1002@1:4") << "surrogate";
    EXPECT_EQ(summary(compile_text("a: \xf4\x90\x80\x80\n").findings), "Q1002@1:4") << "beyond Unicode";
    EXPECT_EQ(summary(compile_text("a:\n\tb: c\n").findings), "Q1003@2:1");
    EXPECT_EQ(summary(compile_text("a: b\0c\n"s).findings), "Q1003@1:5");
    EXPECT_EQ(summary(compile_text("a: \x1b[31m\n").findings), "Q1003@1:4");
    EXPECT_EQ(summary(compile_text("a: \xc2\x9b\n").findings), "Q1003@1:4") << "C1";
    EXPECT_EQ(summary(compile_text("\xef\xbb\xbf" "a: b\n").findings), "Q1003@1:1");
    EXPECT_EQ(summary(compile_text("\xff\xfe" "a\0:\0"s).findings), "Q1002@1:1") << "UTF-16";
}

// yaml-cpp makes a single byte of these, which no terminal and no JSON may get.
TEST(Hostile, EscapesThatStandForNoCharacter) {
    for (const char* escape : {"\\N", "\\_"}) {
        EXPECT_EQ(summary(compile_text("a: \"x" + std::string(escape) + "\"\n").findings), "Q1002@1:4") << escape;
        EXPECT_EQ(summary(compile_text("\"" + std::string(escape) + "\": b\n").findings), "Q1002@1:1") << escape;
    }
    const auto named = [](const std::string& text) { return summary(compile_text(policy(rule("r", "/x", "delete", "any", "name: \"" + text + "\""))).findings); };
    EXPECT_EQ(named("\\u00a0\\L"), "");
    EXPECT_EQ(named("\\u0085"), "Q1107@11:13");
}

TEST(Hostile, Empty) {
    for (const char* text : {"", "\n", "# only a comment\n", "---\n", "~\n", "...\n"})
        EXPECT_EQ(first_code(text), "Q1010") << text;
    for (const char* text : {"[]\n", "text\n", "- a\n"}) EXPECT_EQ(first_code(text), "Q1103") << text;
    EXPECT_EQ(first_code("{}\n"), "Q1102");
}

TEST(Hostile, Deep) {
    EXPECT_EQ(first_code(repeat("[", 4'000)), "Q1006");
    EXPECT_EQ(first_code(repeat("{a: ", 2'000)), "Q1006");
    EXPECT_EQ(first_code(repeat("- ", 4'000)), "Q1006");
    EXPECT_EQ(first_code(repeat("[\n", 200'000)), "Q1006");
    std::string blocks;
    for (std::size_t i = 0; i < 2'000; i++) blocks += std::string(i, ' ') + "a:\n";
    blocks.resize(1 << 20);
    EXPECT_FALSE(compile_text(blocks).image);
    EXPECT_EQ(summary(compile_text(repeat("[", 32) + repeat("]", 32)).findings), "Q1103@1:1") << "32 are accepted";
    EXPECT_EQ(summary(compile_text(repeat("[", 33) + repeat("]", 33)).findings), "Q1006@1:33");
}

TEST(Hostile, Large) {
    EXPECT_EQ(first_code(std::string(kMaxFileBytes + 1, '#')), "Q1001");
    EXPECT_EQ(first_code("# " + std::string(kMaxLineBytes, 'x')), "Q1004");
    EXPECT_EQ(first_code("a:\n" + repeat("- x\n", kMaxListEntries + 1)), "Q1012");
    EXPECT_EQ(first_code(repeat("- [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, 0, 1, 2, 3, 4, 5]\n",
                                19'000)),
              "Q1012");
    const std::vector<Source> many(5, Source{"a.yaml", repeat("#\n", kMaxFileBytes / 2)});
    EXPECT_EQ(summary(compile(many).findings), "Q1001");
    const std::vector<Source> files(kMaxFiles + 1, Source{"a.yaml", ""});
    EXPECT_EQ(summary(compile(files).findings), "Q1001");
}

TEST(Hostile, AnchorsDocumentsTags) {
    EXPECT_EQ(summary(compile_text("a: &x b\nc: *x\n").findings), "Q1008@1:4");
    EXPECT_EQ(summary(compile_text("a: *x\n").findings), "Q1005@1:4") << "yaml-cpp refuses it first";
    EXPECT_EQ(summary(compile_text("a: b\n---\nc: d\n").findings), "Q1007@2:1");
    EXPECT_EQ(first_code(",\n"), "Q1007") << "yaml-cpp gives documents for ever";
    EXPECT_EQ(summary(compile_text("a: !!int 3\n").findings), "Q1009@1:4");
    EXPECT_EQ(summary(compile_text("a: !x {}\n").findings), "Q1009@1:4");
}

TEST(Hostile, DirectivesAndJunk) {
    for (const char* text : {"%YAML 9.9\n---\na: b\n", "%YAML 999999999999999999.1\n---\n", "%TAG ! !\n---\na: !x\n",
                             "a: b: c\n", "a: [\n", "a: \"b\n", "]\n", "}\n", "? \n", ": \n", "@\n", "`\n", "!\n", "&\n", "*\n",
                             "a: |\n b\nc", "a: 'b\n", "- a\nb: c\n", "<<: {a: b}\n", "%\n", "\"\\u12\"\n", "\"\\UFFFFFFFF\"\n"}) {
        const CompileResult result = compile_text(text);
        EXPECT_FALSE(result.image) << text;
        EXPECT_FALSE(result.findings.empty()) << text;
    }
}

TEST(Hostile, LineByLineJunkIsBoundedInTime) {
    const std::clock_t start = std::clock();  // of the processor: others may be busy
    for (std::string_view unit : {",", "[", "]", "{", "a:", "a: b ", "\"", "'", "- ", "? ", ": ", "&a ", "!", "%", "#", "|"}) {
        std::string line = repeat(unit, 4'000 / unit.size()) + "\n";
        EXPECT_FALSE(compile_text(repeat(line, 60)).image);
        EXPECT_FALSE(compile_text("[" + repeat(line, 60)).image);
    }
    EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 20) << "1 s without sanitizers";
}

TEST(Hostile, WarningsDoNotHideErrors) {
    const std::string paths = "/x" + repeat(", /x", kMaxFindings + 20);
    const CompileResult result = compile_text(policy(rule("a", paths) + rule("b", "/y", "fly")));
    ASSERT_EQ(result.findings.size(), kMaxFindings + 1);
    EXPECT_EQ(result.findings.back().message, "21 more findings are not shown");
    EXPECT_EQ(code_name(result.findings[kMaxFindings - 1].code), "Q1105");
    EXPECT_EQ(code_name(result.findings[kMaxFindings - 2].code), "Q1109");
}

TEST(Hostile, FindingsAreBounded) {
    const CompileResult result = compile_text(policy(repeat("    - {x: y}\n", 500)));
    ASSERT_EQ(result.findings.size(), kMaxFindings + 1);
    EXPECT_EQ(code_name(result.findings.back().code), "Q1000");
    // of each rule four keys are missing and one is unknown
    EXPECT_EQ(result.findings.back().message, "1900 more findings are not shown");
}

}  // namespace
}  // namespace quell::policy::test
