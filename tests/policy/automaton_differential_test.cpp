// SPDX-License-Identifier: Apache-2.0
// The automaton means what the reference matcher says, and the reference's
// globs mean what fnmatch(3) says.
#include <fnmatch.h>
#include <gtest/gtest.h>

#include <set>

#include "policy/automaton/build.h"
#include "policy/automaton/segments.h"
#include "policy/automaton/walk.h"
#include "policy/reference/arguments.h"
#include "random_arguments.h"
#include "realistic_arguments.h"

namespace quell::policy::test {
namespace {

using Kind = ArgumentPattern::Kind;

std::vector<std::uint32_t> by_reference(const std::vector<ArgumentPattern>& patterns, const std::vector<std::string>& arguments) {
    const std::set<std::uint32_t> outputs = reference::outputs(patterns, arguments);
    return {outputs.begin(), outputs.end()};
}

TEST(AutomatonDifferential, RandomPatternsAndArguments) {
    std::mt19937 random(20240611);
    std::size_t matched = 0, refused = 0, pairs = 0;
    while (pairs < 200'000) {
        const std::vector<ArgumentPattern> patterns = random_argument_patterns(random);
        const automaton::BuildResult built = automaton::build(patterns);
        if (!built.automaton) {
            refused++;
            continue;
        }
        automaton::Walk walk(built.automaton->table);
        for (unsigned i = 0; i < 20; i++, pairs++) {
            const std::vector<std::string> arguments = random_arguments(random, patterns);
            const automaton::Walked walked = walk.run(with_ends(arguments));
            ASSERT_FALSE(walked.cut);
            ASSERT_EQ(walked.outputs, by_reference(patterns, arguments)) << describe(patterns, arguments);
            matched += walked.outputs.empty() ? 0 : 1;
        }
    }
    // a test in which nothing, or everything, matches would prove nothing
    EXPECT_GT(matched, 50'000u);
    EXPECT_LT(matched, 180'000u);
    EXPECT_LT(refused, 500u);
}

// Matches what is there whatever follows.
bool is_open(const ArgumentPattern& pattern) {
    switch (pattern.kind) {
        case Kind::kPrefix:
        case Kind::kContains: return true;
        case Kind::kSuffix: return pattern.text.empty();
        case Kind::kExact: return false;
        case Kind::kGlob: break;
    }
    // An even number of backslashes in front quotes itself. Not for what ends in a bracket, and random globs' never do
    // with a star in it.
    std::size_t quotes = 0;
    if (!pattern.text.ends_with('*')) return false;
    while (quotes + 1 < pattern.text.size() && pattern.text[pattern.text.size() - 2 - quotes] == '\\') quotes++;
    return quotes % 2 == 0;
}

TEST(AutomatonDifferential, ArgumentsThatAreCut) {
    std::mt19937 random(5);
    std::size_t matched = 0;
    std::vector<ArgumentPattern> patterns;
    automaton::BuildResult built;
    for (unsigned round = 0; round < 20'000; round++) {
        if (round % 10 == 0) {
            patterns = random_argument_patterns(random);
            built = automaton::build(patterns);
        }
        if (!built.automaton) continue;
        std::vector<std::string> arguments = random_arguments(random, patterns);
        if (arguments.empty()) continue;
        const std::string last = arguments.back();
        arguments.pop_back();
        std::set<std::uint32_t> expected = reference::outputs(patterns, arguments);
        for (const ArgumentPattern& pattern : patterns)
            if (!last.empty() && is_open(pattern) && (pattern.places >> std::min<std::size_t>(arguments.size(), QUELL_PLACE_LATER) & 1) != 0 &&
                reference::argument_matches(pattern, last))
                expected.insert(pattern.output);
        const automaton::Walked walked = automaton::walk(built.automaton->table, with_ends(arguments) + last);
        ASSERT_EQ(walked.outputs, std::vector<std::uint32_t>(expected.begin(), expected.end())) << describe(patterns, arguments) << last;
        matched += walked.outputs.empty() ? 0 : 1;
    }
    EXPECT_GT(matched, 5'000u);
}

TEST(AutomatonDifferential, LongArguments) {
    std::mt19937 random(6);
    for (unsigned round = 0; round < 500; round++) {
        const std::vector<ArgumentPattern> patterns = random_argument_patterns(random);
        const automaton::BuildResult built = automaton::build(patterns);
        if (!built.automaton) continue;
        std::vector<std::string> arguments(1 + random() % 4);
        for (std::string& argument : arguments)
            while (argument.size() < 4'000) argument += random() % 9 ? std::string(1, "abc"[random() % 3]) : "a-/b \x80\xff";
        const automaton::Walked walked = automaton::walk(built.automaton->table, with_ends(arguments));
        if (walked.cut) {
            EXPECT_GT(walked.bytes * built.automaton->statistics.longest_list, automaton::kMaxWalkHits / 2) << "cut for no reason";
            continue;
        }
        ASSERT_EQ(walked.outputs, by_reference(patterns, arguments)) << describe(patterns, arguments);
    }
}

TEST(AutomatonDifferential, RealisticPatternsAndCommandLines) {
    const std::vector<ArgumentPattern> patterns = realistic_patterns(1'500);
    const automaton::BuildResult built = automaton::build(patterns);
    ASSERT_TRUE(built.automaton);
    automaton::Walk walk(built.automaton->table);
    std::size_t matched = 0;
    for (const std::string& line : realistic_command_lines(100'000)) {
        std::vector<std::string> arguments;
        for (std::size_t at = 0; at < line.size(); at += arguments.back().size() + 1) arguments.emplace_back(line.c_str() + at);
        const automaton::Walked walked = walk.run(line);
        ASSERT_EQ(walked.outputs, by_reference(patterns, arguments)) << line;
        matched += walked.outputs.size();
    }
    EXPECT_GT(matched, 1'000u);
}

TEST(AutomatonDifferential, GlobsMeanWhatFnmatchSays) {
    std::mt19937 random(7);
    std::size_t matched = 0, compared = 0;
    for (unsigned round = 0; round < 50'000; round++) {
        ArgumentPattern pattern{Kind::kGlob, random_glob(random, random() % 7), kAnyArgument, 0};
        automaton::ByteSets sets;
        if (!automaton::shape_of(pattern, sets).refused.empty()) continue;
        for (const std::string& argument : random_arguments(random, {pattern})) {
            const bool expected = fnmatch(pattern.text.c_str(), argument.c_str(), 0) == 0;
            ASSERT_EQ(reference::argument_matches(pattern, argument), expected) << describe({pattern}, {argument});
            matched += expected;
            compared++;
        }
    }
    EXPECT_GT(matched, 5'000u);
    EXPECT_GT(compared, 60'000u);
}

}  // namespace
}  // namespace quell::policy::test
