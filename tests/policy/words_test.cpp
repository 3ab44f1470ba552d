// SPDX-License-Identifier: Apache-2.0
#include "policy/check/words.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

#include "policy/check/network.h"

namespace quell::policy {
namespace {

TEST(Words, Durations) {
    EXPECT_EQ(parse_duration("90s"), 90'000'000'000u);
    EXPECT_EQ(parse_duration("30m"), 1'800'000'000'000u);
    EXPECT_EQ(parse_duration("1h"), 3'600'000'000'000u);
    EXPECT_EQ(parse_duration("7d"), 604'800'000'000'000u);
    EXPECT_EQ(parse_duration("99999999999999999999999999d"), std::numeric_limits<std::uint64_t>::max());
    for (const char* text : {"", "s", "1", "1w", "-1s", "+1s", "1.5h", "1 h", "1h30m", "0x1s", "h1"})
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Words, Names) {
    for (const char* text : {"a", "0", "notable-events", "a-"}) EXPECT_TRUE(is_name(text)) << text;
    for (const char* text : {"", "-a", "A", "a_b", "a.b", "a/b", "a b", "ä"}) EXPECT_FALSE(is_name(text)) << text;
    EXPECT_TRUE(is_name(std::string(63, 'a')));
    EXPECT_FALSE(is_name(std::string(64, 'a')));
}

TEST(Words, WhatFollowsANulIsPartOfANetwork) {
    EXPECT_TRUE(parse_network("10.0.0.1"));
    for (const auto& text : {std::string("10.0.0.1\0x", 10), std::string("10.0.0.0\0/8", 11), std::string("2001:db8::1\0", 12)}) EXPECT_FALSE(parse_network(text)) << text;
}

TEST(Words, Suggestions) {
    constexpr std::array<std::string_view, 3> kWords = {"delete", "rename", "mount-over"};
    EXPECT_EQ(suggestion("renam", kWords), "did you mean 'rename'?");
    EXPECT_EQ(suggestion("mount_over", kWords), "did you mean 'mount-over'?");
    EXPECT_EQ(suggestion("x", kWords), "one of: delete, rename, mount-over");
    EXPECT_EQ(suggestion("x", std::array<std::string_view, 3>{"delete", "rename", "delete"}), "one of: delete, rename");
    EXPECT_EQ(suggestion(std::string(100'000, 'r'), kWords), "one of: delete, rename, mount-over");
}

TEST(Words, Printable) {
    EXPECT_TRUE(is_printable("Ünïcode 日本", false));
    EXPECT_FALSE(is_printable("a\nb", false));
    EXPECT_TRUE(is_printable("a\nb", true));
    EXPECT_FALSE(is_printable("\x1b[31m", true));
    EXPECT_FALSE(is_printable("\xc2\x9b", true));
}

}  // namespace
}  // namespace quell::policy
