// SPDX-License-Identifier: Apache-2.0
#include "user/event/event.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "user/base/vocabulary.h"

namespace quell {
namespace {

using std::string_literals::operator""s;

template <std::size_t N>
void put(char (&field)[N], quell_u32& size, const std::string& bytes) {
    std::memcpy(field, bytes.data(), std::min(N, bytes.size()));
    size = static_cast<quell_u32>(bytes.size());
}

TEST(Event, TakesApart) {
    quell_event raw{};
    raw.incident = 7;
    raw.flags = QUELL_EVENT_FIRST;
    raw.operation = QUELL_OP_TRUNCATE;
    raw.hook = QUELL_HOOK_inode_setattr;
    raw.verdict = -1;
    raw.chain_count = 2;
    raw.chain[1].pid = 5;
    put(raw.path, raw.path_size, "dpkg.log\0log\0var\0"s);
    put(raw.path2, raw.path2_size, "x\0"s);
    put(raw.exe, raw.exe_size, "rm\0bin\0"s);
    put(raw.args, raw.args_size, "rm\0\0-f\0\x1b[2J\n\xff\0"s);
    const auto event = decode(raw);
    EXPECT_TRUE(event.first());
    EXPECT_EQ(word_at(kOperationWords, event.operation), "truncate");
    EXPECT_EQ(event.verdict, -1);
    EXPECT_EQ(event.path, "dpkg.log\0log\0var\0"s);
    EXPECT_EQ(event.path2, "x\0"s);
    EXPECT_EQ(event.exe, "rm\0bin\0"s);
    EXPECT_EQ(event.arguments, (std::vector<std::string>{"rm", "", "-f", "\x1b[2J\n\xff"}));
    ASSERT_EQ(event.chain.size(), 2u);
    EXPECT_EQ(event.chain[1].pid, 5u);
}

TEST(Event, CutArgumentsKeepTheirEnd) {
    quell_event raw{};
    std::memset(raw.args, 'a', sizeof(raw.args));
    raw.args_size = QUELL_ARGS_SIZE;
    raw.flags = QUELL_EVENT_ARGS_CUT;
    EXPECT_EQ(decode(raw).arguments, std::vector<std::string>{std::string(QUELL_ARGS_SIZE, 'a')});
}

TEST(Event, ArgumentsThatWereNotThereAreNone) {
    quell_event raw{};
    raw.flags = QUELL_EVENT_NO_ARGS;
    put(raw.args, raw.args_size, "left\0over\0"s);
    EXPECT_TRUE(decode(raw).arguments.empty());
}

TEST(Event, SizesBeyondTheirFieldAreClamped) {
    quell_event raw;
    std::memset(&raw, 0xff, sizeof(raw));
    raw.flags = 0;
    const auto event = decode(raw);
    EXPECT_EQ(event.path.size(), std::size_t{QUELL_PATH_SIZE});
    EXPECT_EQ(event.path2.size(), std::size_t{QUELL_PATH2_SIZE});
    EXPECT_EQ(event.exe.size(), std::size_t{QUELL_EXE_SIZE});
    EXPECT_EQ(event.chain.size(), std::size_t{QUELL_CHAIN_MAX});
    EXPECT_EQ(word_at(kOperationWords, event.operation), "?");
    EXPECT_EQ(word_at(kHookWords, event.hook), "?");
    EXPECT_EQ(event.severity, 4u);
}

TEST(Event, AnyBytesStayInBounds) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 2000; i++) {
        quell_event raw;
        for (std::size_t at = 0; at < sizeof(raw); at += sizeof(std::uint64_t)) {
            const std::uint64_t word = random() & (i % 3 ? ~0ull : 0xff00ff00ff00ull);
            std::memcpy(reinterpret_cast<char*>(&raw) + at, &word, std::min(sizeof(word), sizeof(raw) - at));
        }
        const auto event = decode(raw);
        EXPECT_LE(event.arguments.size(), std::size_t{QUELL_ARGS_SIZE});
        EXPECT_LE(event.chain.size(), std::size_t{QUELL_CHAIN_MAX});
        EXPECT_LE(event.severity, 4u);
    }
}

}  // namespace
}  // namespace quell
