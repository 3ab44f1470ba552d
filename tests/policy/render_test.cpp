// SPDX-License-Identifier: Apache-2.0
#include "policy/render.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support.h"

namespace quell::policy::test {
namespace {

TEST(Render, UnderlinesTheOffendingText) {
    const CompileResult result = compile_text(policy(rule("r", "/x, /ä/*x*.log", "delete")));
    EXPECT_EQ(render_text(result.findings, false),
              "t.yaml:10:26: error Q1204: '*x*.log' has more than one star in a name\n"
              "    10 |       match: {path: [/x, /ä/*x*.log]}\n"
              "       |                          ^~~~~~~~~~\n"
              "       = write one: head*, *tail or head*tail; ** stands by itself\n");
}

TEST(Render, QuotedTextIsUnderlinedWithItsQuotes) {
    const CompileResult result = compile_text(policy(rule("r", "'x'", "delete")));
    EXPECT_NE(render_text(result.findings, false).find("|                      ^~~\n"), std::string::npos)
        << render_text(result.findings, false);
}

TEST(Render, FindingsWithoutAPlace) {
    EXPECT_EQ(render_text(compile({}).findings, false),
              "error Q1307: there is no rule in 0 files\n       = write one, or say --allow-empty\n");
}

TEST(Render, ColourOnlyWhenAsked) {
    const auto findings = compile_text(policy(rule("r", "x"))).findings;
    EXPECT_EQ(render_text(findings, false).find('\x1b'), std::string::npos);
    EXPECT_NE(render_text(findings, true).find("\x1b[1;31merror Q1201\x1b[0m"), std::string::npos);
}

TEST(Render, NothingFromTheFileReachesATerminalRaw) {
    const std::vector<Source> sources{{"a\x1b[2J.yaml", "kind: \x1b]0;x\x07\n"}};
    const CompileResult result = compile(sources);
    const std::string text = render_text(result.findings, false) + findings_to_json(result.findings).dump();
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    const std::vector<Source> invalid{{"\xff.yaml", "k\xff: \xff\xfe\n"}};
    EXPECT_NO_THROW((void)findings_to_json(compile(invalid).findings).dump()) << "JSON is always valid UTF-8";
    const CompileResult escaped = compile_text(policy(rule("r", "\"/a\\e[31m\\x07\"")));
    EXPECT_EQ(summary(escaped.findings), "Q1205@10:22");
    EXPECT_EQ(findings_to_json(escaped.findings).dump().find("\\u001b"), std::string::npos);
}

TEST(Render, LongLinesAreCut) {
    const std::string text = render_text(compile_text(policy(rule("r", "/" + std::string(300, 'a')))).findings, false);
    EXPECT_LT(text.size(), 800u) << text;
}

TEST(Render, Json) {
    const auto json = findings_to_json(compile_text(policy(rule("r", "/x", "delte"))).findings);
    EXPECT_EQ(json, nlohmann::json::parse(R"([{"code": "Q1105", "severity": "error", "title": "unknown word",
        "file": "t.yaml", "line": 8, "column": 12, "message": "'delte' is no word for an operation",
        "hint": "did you mean 'delete'?", "text": "delte"}])"));
    const auto general = findings_to_json(compile({}).findings);
    EXPECT_FALSE(general[0].contains("line") || general[0].contains("file"));
}

}  // namespace
}  // namespace quell::policy::test
