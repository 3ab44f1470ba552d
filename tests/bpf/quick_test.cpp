// SPDX-License-Identifier: Apache-2.0
// What the kernel side asks first lets every match of a rule through.
#include "user/bpf/quick.h"

#include <gtest/gtest.h>

namespace quell::bpf {
namespace {

constexpr quell_u32 kOr = QUELL_CONDITION_OR, kEnd = QUELL_CONDITION_END, kNot = QUELL_CONDITION_NOT, kExcept = QUELL_CONDITION_EXCEPT;

quell_quick quick_of(const std::vector<quell_condition>& own) {
    std::vector<quell_condition> conditions{{QUELL_FIELD_PORT, kEnd, 1, 1}};  // another rule's
    conditions.insert(conditions.end(), own.begin(), own.end());
    quell_rule rule{};
    rule.condition = 1;
    rule.conditions = static_cast<quell_u32>(own.size());
    return bpf::quick_of(rule, conditions);
}

// As kern/match/judge.h asks.
bool passes(const quell_quick& quick, quell_u64 detail) { return (quick.bits >> (detail >> quick.at & 63) & 1) != 0; }

TEST(Quick, APortIsAskedWhereItIsInTheDetail) {
    const auto quick = quick_of({{QUELL_FIELD_EXE, 0, 0, 0}, {QUELL_FIELD_PORT, kOr, 53, 53}, {QUELL_FIELD_PORT, kEnd, 8440, 8443}});
    for (const quell_u64 port : {53u, 8440u, 8441u, 8442u, 8443u, 53u + 64u}) EXPECT_TRUE(passes(quick, port << 32 | 2)) << port;
    for (const quell_u64 port : {22u, 54u, 8444u}) EXPECT_FALSE(passes(quick, port << 32 | 2)) << port;
}

TEST(Quick, TheClauseThatLetsLeastThroughIsTaken) {
    const auto quick = quick_of({{QUELL_FIELD_PORT, 0, 1000, 1031}, {QUELL_FIELD_FAMILY, kEnd, 10, 10}});
    EXPECT_EQ(quick.at, 0u);
    EXPECT_EQ(quick.bits, 1ull << 10);
}

TEST(Quick, ARangeOfSixtyFourAndMoreIsAll) {
    EXPECT_EQ(quick_of({{QUELL_FIELD_PORT, kEnd, 1, 63}}).bits, ~1ull);
    EXPECT_EQ(quick_of({{QUELL_FIELD_PORT, kEnd, 1, 64}}).bits, ~0ull);
    EXPECT_EQ(quick_of({{QUELL_FIELD_PORT, kEnd, 0, ~0u}}).bits, ~0ull);
}

TEST(Quick, WhatMayHoldOtherwiseLetsAllThrough) {
    EXPECT_EQ(quick_of({}).bits, ~0ull);
    EXPECT_EQ(quick_of({{QUELL_FIELD_PORT, kEnd | kNot, 22, 22}}).bits, ~0ull);
    EXPECT_EQ(quick_of({{QUELL_FIELD_PORT, kEnd | kExcept, 22, 22}}).bits, ~0ull);
    EXPECT_EQ(quick_of({{QUELL_FIELD_PORT, kOr, 22, 22}, {QUELL_FIELD_UID, kEnd, 0, 0}}).bits, ~0ull) << "either of them";
    EXPECT_EQ(quick_of({{QUELL_FIELD_UID, kOr, 0, 0}, {QUELL_FIELD_PORT, kEnd, 22, 22}}).bits, ~0ull);
    EXPECT_EQ(quick_of({{QUELL_FIELD_SIGNAL, kOr, 9, 9}, {QUELL_FIELD_PORT, kEnd, 22, 22}}).bits, ~0ull) << "of two places";
    EXPECT_EQ(quick_of({{QUELL_FIELD_MODE, kEnd, 1, 1}}).bits, ~0ull) << "a mask, and of files";
}

TEST(Quick, OfTwoRulesItIsWhatEitherLetsThrough) {
    const auto both = either({1ull << 5, 32, 0}, {1ull << 9, 32, 0});
    EXPECT_EQ(both.bits, 1ull << 5 | 1ull << 9);
    EXPECT_EQ(both.at, 32u);
    EXPECT_EQ(either({1ull << 5, 32, 0}, {1ull << 9, 0, 0}).bits, ~0ull) << "of two places";
    EXPECT_EQ(either({~0ull, 0, 0}, {1ull << 9, 0, 0}).bits, ~0ull);
}

TEST(Quick, AnExceptionBehindItChangesNothing) {
    const auto quick = quick_of({{QUELL_FIELD_SIGNAL, kEnd, 9, 9}, {QUELL_FIELD_SIGNAL, kEnd | kExcept, 15, 15}});
    EXPECT_EQ(quick.bits, 1ull << 9);
}

}  // namespace
}  // namespace quell::bpf
