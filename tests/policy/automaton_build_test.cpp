// SPDX-License-Identifier: Apache-2.0
// What build() refuses, whom it names, and how long hostile patterns keep it.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

#include "policy/automaton/build.h"
#include "policy/automaton/walk.h"
#include "policy/limits.h"
#include "realistic_arguments.h"

namespace quell::policy::test {
namespace {

using Kind = ArgumentPattern::Kind;

ArgumentPattern glob(std::string text, std::uint32_t output = 0) { return {Kind::kGlob, std::move(text), kAnyArgument, output}; }

// The message of the only refusal, "" if there is none.
std::string refusal(const ArgumentPattern& pattern) {
    const automaton::BuildResult built = automaton::build(std::span(&pattern, 1));
    EXPECT_EQ(built.automaton.has_value(), built.refusals.empty());
    if (built.refusals.empty()) return "";
    EXPECT_EQ(built.refusals.size(), 1u);
    EXPECT_EQ(built.refusals[0].patterns, std::vector<std::size_t>{0});
    return built.refusals[0].message;
}

TEST(AutomatonBuild, MalformedGlobs) {
    EXPECT_EQ(refusal(glob("a[bc")), "a bracket is not closed");
    EXPECT_EQ(refusal(glob("[")), "a bracket is not closed");
    EXPECT_EQ(refusal(glob("[]")), "a bracket is not closed");
    EXPECT_EQ(refusal(glob("[!]")), "a bracket is not closed");
    EXPECT_EQ(refusal(glob("[a\\")), "a bracket is not closed");
    EXPECT_EQ(refusal(glob("[a-")), "a bracket is not closed");
    EXPECT_EQ(refusal(glob("a\\")), "a backslash at the end quotes nothing");
    EXPECT_EQ(refusal(glob("[z-a]")), "a range between brackets runs backwards");
    EXPECT_EQ(refusal(glob("[^a]")), "[^ means different things to different readers");
    for (const char* text : {"[[:alpha:]]", "[a[.b.]]", "[[=a=]]", "[a-[.z.]]"})
        EXPECT_EQ(refusal(glob(text)), "character classes with a name are not known") << text;
    EXPECT_EQ(refusal(glob("[!\x01-\xff]")), "no byte matches what stands between brackets");
    for (const char* text : {"[]a]", "[!]]", "[a-]", "[-a]", "[\\]]", "]", "[\\^a]", "[a^]", "**", ""}) EXPECT_EQ(refusal(glob(text)), "") << text;
}

TEST(AutomatonBuild, OutOfBounds) {
    EXPECT_EQ(refusal({Kind::kExact, std::string("a\0b", 3), kAnyArgument, 0}), "no argument holds a NUL byte");
    EXPECT_EQ(refusal({Kind::kExact, std::string(kMaxArgumentPatternBytes, 'a'), kAnyArgument, 0}), "");
    EXPECT_EQ(refusal({Kind::kExact, std::string(kMaxArgumentPatternBytes + 1, 'a'), kAnyArgument, 0}),
              "the pattern has 1025 bytes, at most 1024 are accepted");
    EXPECT_EQ(refusal({Kind::kExact, "a", 1u << QUELL_PLACE_TARGET, 0}), "");
    EXPECT_EQ(refusal({Kind::kExact, "a", 1u << QUELL_PLACES, 0}), "the pattern stands at no place");
    EXPECT_EQ(refusal({Kind::kExact, "a", 0, 0}), "the pattern stands at no place");
    EXPECT_EQ(refusal({Kind::kExact, "a", kAnyArgument, kMaxArgumentOutputs - 1}), "");
    EXPECT_EQ(refusal({Kind::kExact, "a", kAnyArgument, kMaxArgumentOutputs}), "the output 16384 is none of 16384");
    const automaton::BuildResult many = automaton::build(std::vector<ArgumentPattern>(kMaxArgumentPatterns + 1, glob("a")));
    ASSERT_EQ(many.refusals.size(), 1u);
    EXPECT_EQ(many.refusals[0].message, "16385 patterns, at most 16384 are accepted");
    const automaton::BuildResult large = automaton::build(std::vector<ArgumentPattern>(4'097, glob(std::string(1'024, 'a'))));
    ASSERT_EQ(large.refusals.size(), 1u);
    EXPECT_EQ(large.refusals[0].message, "the patterns have 4195328 bytes, at most 4194304 are accepted");
}

TEST(AutomatonBuild, MalformedPatternsAreToldOfTogether) {
    const std::vector<ArgumentPattern> patterns = {glob("["), glob("a"), glob("b\\")};
    const automaton::BuildResult built = automaton::build(patterns);
    ASSERT_EQ(built.refusals.size(), 2u);
    EXPECT_EQ(built.refusals[1].patterns, std::vector<std::size_t>{2});
    EXPECT_EQ(automaton::build(std::vector<ArgumentPattern>(1'000, glob("["))).refusals.size(), kMaxFindings);
}

TEST(AutomatonBuild, NoPatterns) {
    const automaton::BuildResult built = automaton::build({});
    ASSERT_TRUE(built.automaton);
    EXPECT_TRUE(automaton::walk(built.automaton->table, std::string_view("a\0b\0", 4)).outputs.empty());
}

TEST(AutomatonBuild, TheSamePatternsMakeTheSameTable) {
    const std::vector<ArgumentPattern> patterns = realistic_patterns(500);
    const automaton::BuildResult once = automaton::build(patterns), again = automaton::build(patterns);
    ASSERT_TRUE(once.automaton && again.automaton);
    EXPECT_EQ(once.automaton->table.states, again.automaton->table.states);
    EXPECT_EQ(once.automaton->table.cells, again.automaton->table.cells);
    EXPECT_EQ(once.automaton->table.rows, again.automaton->table.rows);
    EXPECT_EQ(once.automaton->table.hits, again.automaton->table.hits);
    EXPECT_EQ(once.automaton->table.classes, again.automaton->table.classes);
}

// Builds what must be too much, in bounded time; the refusal.
automaton::Refusal too_much(const std::vector<ArgumentPattern>& patterns) {
    const std::clock_t start = std::clock();
    automaton::BuildResult built = automaton::build(patterns);
    EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 30) << "about a second without sanitizers";
    EXPECT_FALSE(built.automaton);
    EXPECT_EQ(built.refusals.size(), 1u);
    return built.refusals.empty() ? automaton::Refusal{} : built.refusals[0];
}

TEST(AutomatonBuild, ThePatternThatMultipliesStatesIsNamed) {
    std::vector<ArgumentPattern> patterns = realistic_patterns(300);
    patterns.insert(patterns.begin() + 77, glob("*a??????????????????????????b*"));
    const automaton::Refusal refusal = too_much(patterns);
    EXPECT_EQ(refusal.patterns, std::vector<std::size_t>{77});
    EXPECT_FALSE(refusal.hint.empty());
}

TEST(AutomatonBuild, SeveralThatMultiplyStates) {
    std::vector<ArgumentPattern> patterns = realistic_patterns(100);
    patterns.insert(patterns.begin() + 50, glob("*a???????????????b*"));
    patterns.insert(patterns.begin() + 10, glob("*[c-x]???????????????y*"));
    const automaton::Refusal refusal = too_much(patterns);
    std::vector<std::size_t> named = refusal.patterns;
    std::ranges::sort(named);
    EXPECT_EQ(named, (std::vector<std::size_t>{10, 51}));
}

TEST(AutomatonBuild, ThePatternThatIsTooMuchTextIsNamed) {
    std::vector<ArgumentPattern> patterns;
    for (std::size_t i = 0; i < 200; i++) patterns.push_back({Kind::kExact, std::to_string(1'000 + i) + std::string(1'000, 'a'), kAnyArgument, 0});
    // 1,000 bytes of each and the digits in front, which they share
    const automaton::Refusal refusal = too_much(patterns);
    EXPECT_EQ(refusal.message, "with this pattern there are more than 131072 states");
    ASSERT_EQ(refusal.patterns.size(), 1u);
    EXPECT_NEAR(static_cast<double>(refusal.patterns[0]), 130, 1);
}

TEST(AutomatonBuild, TooManyPatternsAtOnePlace) {
    std::vector<ArgumentPattern> patterns;
    for (std::uint32_t i = 0; i <= kMaxHitsPerState; i++) patterns.push_back({Kind::kContains, "curl", kAnyArgument, i});
    const automaton::Refusal refusal = too_much(patterns);
    EXPECT_NE(refusal.message.find("more than 255 patterns end at the same place"), std::string::npos);
    EXPECT_EQ(refusal.hint, "put patterns that are alike into one list");
    patterns.pop_back();
    const automaton::BuildResult built = automaton::build(patterns);
    ASSERT_TRUE(built.automaton);
    EXPECT_EQ(automaton::walk(built.automaton->table, "curl").outputs.size(), kMaxHitsPerState);
    for (ArgumentPattern& pattern : patterns) pattern.output = 3;
    patterns.resize(10'000, patterns[0]);
    const automaton::BuildResult list = automaton::build(patterns);
    ASSERT_TRUE(list.automaton) << "equal ones with one output are one";
    EXPECT_EQ(list.automaton->statistics.longest_list, 1u);
}

TEST(AutomatonBuild, TooManyStars) {
    std::vector<ArgumentPattern> patterns;
    std::string text;
    for (int i = 0; i < 500; i++) text += "a*";
    for (std::uint32_t i = 0; i < 100; i++) patterns.push_back(glob("x" + std::to_string(i) + "*" + text));
    EXPECT_NE(too_much(patterns).message.find("parts between stars"), std::string::npos);
}

TEST(AutomatonBuild, HostilePatternsAreRefusedInTime) {
    std::vector<ArgumentPattern> all_alike, brackets, wide;
    for (std::uint32_t i = 0; i < 8'000; i++) {
        // as many nodes in each state as there are bytes before it
        all_alike.push_back({Kind::kContains, std::string(1 + i % 1'000, 'a') + std::to_string(i), kAnyArgument, i});
        std::string text = "*";
        for (unsigned part = 0; part < 50; part++)
            text += "[" + std::string(1, static_cast<char>('a' + (i + part * 7) % 26)) + static_cast<char>('A' + (i / 26 + part) % 26) + "]";
        brackets.push_back(glob(text, i));
        wide.push_back(glob("*?[!a]?" + std::to_string(i) + "[!b]?", i));
    }
    const std::string work = "the patterns take more than 16000000 operations to combine";
    const std::string states = "the patterns make more than 131072 states";
    EXPECT_EQ(too_much(all_alike).message, work);
    EXPECT_EQ(too_much(brackets).message, work);
    EXPECT_EQ(too_much(wide).message, states);
}

}  // namespace
}  // namespace quell::policy::test
