// SPDX-License-Identifier: Apache-2.0
// The translator's table of the language says what `policy check` accepts.
#include "policy/import/falco/translate/language.h"

#include <gtest/gtest.h>

#include <set>

#include "support.h"

namespace quell::policy::falco::test {
namespace {

using policy::test::compile_text;
using policy::test::kHead;

std::string policy_with(std::string_view probe) {
    std::string text = std::string(kHead) + "    - id: probe\n      severity: low\n";
    std::istringstream lines{std::string(probe)};
    for (std::string line; std::getline(lines, line);) text += "      " + line + "\n";
    return text;
}

TEST(FalcoLanguage, EachWordIsSwitchedOnWhereItIsKnown) {
    std::set<std::string_view> words;
    for (const LanguageRow& row : language_rows()) {
        EXPECT_TRUE(words.insert(row.word).second) << row.word;
        const CompileResult result = compile_text(policy_with(row.probe));
        EXPECT_EQ(result.image.has_value(), row.known)
            << row.word << (row.known ? " is refused" : " is accepted now: switch its row on in policy/import/falco/translate/language.cpp") << "\n"
            << policy_with(row.probe) << policy::test::summary(result.findings);
    }
}

TEST(FalcoLanguage, Knows) {
    EXPECT_TRUE(Language::now().knows("path"));
    EXPECT_TRUE(Language::whole().knows("container.image"));
    EXPECT_FALSE(Language::whole().knows("no such word"));
}

}  // namespace
}  // namespace quell::policy::falco::test
