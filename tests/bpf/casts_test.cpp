// SPDX-License-Identifier: Apache-2.0
// The object's calls of bpf_rdonly_cast get the function's number, and nothing else in it changes.
#include "user/bpf/casts.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "kern/abi.h"

namespace quell::bpf {
namespace {

std::uint64_t word_at(const std::vector<char>& bytes, std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, &bytes[at], sizeof(word));
    return word;
}

std::vector<char> object() {
    std::ifstream file(QUELL_BPF_OBJECT, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Casts, EachCallGetsTheNumberAndNothingElseChanges) {
    const auto before = object();
    for (const std::uint32_t function : {0u, 12345u}) {
        const auto after = with_cast_calls(before, function);
        ASSERT_EQ(after.size(), before.size());
        std::size_t calls = 0;
        for (std::size_t at = 0; at + 8 <= before.size(); at += 8) {
            if (word_at(before, at) != QUELL_CAST_CALL) {
                ASSERT_EQ(word_at(after, at), word_at(before, at)) << at;
                continue;
            }
            calls++;
            EXPECT_EQ(word_at(after, at), std::uint64_t{function} << 32 | 0x2085) << at;
        }
        EXPECT_GT(calls, 0u);
    }
}

// A call at another place of the file would stay what it is, and the kernel would refuse it.
TEST(Casts, NoCallIsOutOfStep) {
    const auto bytes = object();
    constexpr std::uint64_t kCall = QUELL_CAST_CALL;
    for (std::size_t at = 0; at + 8 <= bytes.size(); at++) {
        if (std::memcmp(&bytes[at], &kCall, sizeof(kCall)) == 0) {
            EXPECT_EQ(at % 8, 0u);
        }
    }
}

}  // namespace
}  // namespace quell::bpf
