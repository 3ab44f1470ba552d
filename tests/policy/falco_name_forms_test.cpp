// SPDX-License-Identifier: Apache-2.0
// Names with what the language has not -> names with one star.
#include "policy/import/falco/translate/name_forms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "policy/import/falco/translate/paths.h"
#include "policy/reference/arguments.h"

namespace quell::policy::falco::test {
namespace {

std::string text_of(const NameForms& forms) {
    std::string text;
    for (const std::string& pattern : forms.patterns) text += (text.empty() ? "" : " ") + pattern;
    for (const Note& note : forms.notes) text += note.change == Change::kWider ? " (wider)" : " (narrower)";
    return text;
}

std::string more(std::string_view pattern) { return text_of(name_forms(pattern, false)); }
std::string less(std::string_view pattern) { return text_of(name_forms(pattern, true)); }

TEST(FalcoNameForms, WhatHasOneStarStays) {
    for (const char* pattern : {"/a/b", "**/x", "/a/*/b*c/**", "**/a\\*b*", "/x/**/*.tmp"}) {
        EXPECT_FALSE(needs_forms(pattern)) << pattern;
        EXPECT_EQ(more(pattern), pattern);
        EXPECT_EQ(less(pattern), pattern);
    }
}

TEST(FalcoNameForms, SeveralStars) {
    EXPECT_TRUE(needs_forms("**/*x*"));
    EXPECT_EQ(more("**/*x*"), "**/*x **/x* (narrower)");
    EXPECT_EQ(less("**/*x*"), "**/*x **/x* (narrower)");
    EXPECT_EQ(more("/s/*x*/y"), "/s/*x/y /s/x*/y (narrower)");
    EXPECT_EQ(more("/s/a*x*b"), "/s/a*b (wider)");
    EXPECT_EQ(less("/s/a*x*b"), "/s/a*xb /s/ax*b (narrower)");
    EXPECT_EQ(more("/s/*\\*x*"), "/s/*\\*x /s/\\*x* (narrower)");
}

TEST(FalcoNameForms, SetsOfBytes) {
    EXPECT_TRUE(needs_forms("/s/a?"));
    EXPECT_TRUE(needs_forms("/s/[a-c]x"));
    EXPECT_EQ(more("/s/a?/x"), "/s/a*/x (wider)");
    EXPECT_EQ(more("/s/a[0-9]*b"), "/s/a*b (wider)");
    EXPECT_EQ(less("/s/a?"), "");
    EXPECT_EQ(more("/s/[a-c]*"), "") << "nothing is left to be asked for";
    EXPECT_EQ(more("**/[Xx][Mm]r"), "**/xmr **/XMr **/Xmr (narrower)");
    EXPECT_EQ(more("**/[Xx]*"), "**/x* **/X* (narrower)");
    EXPECT_EQ(more("**/*[Xx]1*"), "**/*x1 **/x1* **/*X1 **/X1* (narrower) (narrower)");
}

// A name with none of what a path may have is a text, so that the patterns of arguments tell what is right.
TEST(FalcoNameForms, RandomNames) {
    std::mt19937 random(20261128);
    constexpr std::array kTokens = {"a", "b", "*", "*", "?", "[ab]", "[!a]", "[Aa]", "\\*"};
    constexpr std::string_view kBytes = "aAbB*";
    std::size_t matched = 0;
    for (int round = 0; round < 20'000; round++) {
        std::string pattern;
        for (std::size_t left = 1 + random() % 5; left > 0; left--) {
            const std::string token = kTokens[random() % kTokens.size()];
            if (token != "*" || !pattern.ends_with('*') || pattern.ends_with("\\*")) pattern += token;
        }
        for (const bool wants_less : {false, true}) {
            const NameForms forms = name_forms(pattern, wants_less);
            const auto has = [&](Change change) { return std::any_of(forms.notes.begin(), forms.notes.end(), [&](const Note& note) { return note.change == change; }); };
            EXPECT_FALSE(wants_less && has(Change::kWider));
            for (const std::string& form : forms.patterns) EXPECT_FALSE(needs_forms(form)) << pattern << " is " << form;
            for (int i = 0; i < 20; i++) {
                std::string name;
                for (std::size_t left = 1 + random() % 5; left > 0; left--) name += kBytes[random() % kBytes.size()];
                const bool is_match = reference::glob_matches(pattern, name);
                const bool is_form = std::any_of(forms.patterns.begin(), forms.patterns.end(), [&](const std::string& form) { return reference::glob_matches(form, name); });
                const auto told = [&] { return pattern + " of " + name + " is " + text_of(forms); };
                ASSERT_TRUE(is_match || !is_form || has(Change::kWider)) << told();
                ASSERT_TRUE(is_form || !is_match || has(Change::kNarrower) || forms.patterns.empty()) << told();
                matched += is_form && is_match ? 1 : 0;
            }
        }
    }
    EXPECT_GT(matched, 50'000u);
}

}  // namespace
}  // namespace quell::policy::falco::test
