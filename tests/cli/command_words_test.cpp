// SPDX-License-Identifier: Apache-2.0
#include "user/cli/command_words.h"

#include <gtest/gtest.h>

namespace quell::cli {
namespace {

using Given = std::vector<std::string>;

Result<Given> words(std::vector<const char*> given) {
    given.insert(given.begin(), "quell");
    auto result = command_words(given, verbs());
    if (result) result->erase(result->begin());
    return result;
}

TEST(CommandWords, AnEmptyValueIsAValue) {
    EXPECT_EQ(words({"approve", "1@d", "--reason=", "--dry-run"}).value(), (Given{"approve", "1@d", "--reason", "", "--dry-run"}));
    EXPECT_EQ(words({"approve", "1@d", "--reason", "", "--dry-run"}).value(), (Given{"approve", "1@d", "--reason", "", "--dry-run"}));
    EXPECT_EQ(words({"--socket=", "status"}).value(), (Given{"--socket", "", "status"}));
}

TEST(CommandWords, WhatHasAValueStaysAsItIs) {
    const Given all = {"approve", "1@d", "--reason=a=b", "--allow", "10.0.0.1", "--dry-run", "--reason", "-x", "--", "--reason=", "--reason"};
    std::vector<const char*> given;
    for (const auto& one : all) given.push_back(one.c_str());
    EXPECT_EQ(words(given).value(), all);
}

TEST(CommandWords, AnOptionIsNoValue) {
    for (const auto& given : std::vector<std::vector<const char*>>{{"approve", "1@d", "--reason", "--dry-run"}, {"respond", "capture", "--reason", "--container=web"}, {"policy", "compile", "-o", "--allow-empty"}, {"--socket", "--json", "status"}}) {
        const auto wrong = words(given);
        ASSERT_FALSE(wrong) << given.back();
        EXPECT_NE(wrong.error().message.find("has no value"), std::string::npos) << wrong.error().message;
    }
    EXPECT_EQ(words({"approve", "1@d", "--reason=--dry-run"}).value().back(), "--reason=--dry-run") << "where it is meant";
    EXPECT_TRUE(words({"approve", "1@d", "--reason"})) << "what is missing at the end is told by the parser";
}

}  // namespace
}  // namespace quell::cli
