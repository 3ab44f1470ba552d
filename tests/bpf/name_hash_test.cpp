// SPDX-License-Identifier: Apache-2.0
// The compiler's hash of a path component is the kernel side's.
#include "user/bpf/name_hash.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

extern "C" std::uint64_t quell_test_kern_hash(std::uint64_t key, const char* name, std::uint32_t length, int is_inline, int casts);

namespace quell::bpf {
namespace {

constexpr std::uint64_t kKey = 0x0123456789abcdefull;
constexpr std::size_t kInlineMax = 31, kNameMax = 255;

std::string random_name(std::mt19937& random, std::size_t length) {
    std::string name(length, '\0');
    for (auto& c : name) c = static_cast<char>(random() % 255 + 1);
    return name;
}

TEST(NameHash, BothSidesAgreeAtEveryLength) {
    std::mt19937 random(1);
    for (std::size_t length = 1; length <= kNameMax; length++)
        for (int round = 0; round < 20; round++) {
            const auto name = random_name(random, length);
            const std::uint64_t key = (std::uint64_t{random()} << 32) | random();
            const auto size = static_cast<std::uint32_t>(length);
            for (const int casts : {0, 1}) {
                EXPECT_EQ(quell_test_kern_hash(key, name.data(), size, 0, casts), name_hash(key, name)) << length << " bytes, casts " << casts;
                if (length > kInlineMax) continue;
                EXPECT_EQ(quell_test_kern_hash(key, name.data(), size, 1, casts), name_hash(key, name)) << length << " bytes inline, casts " << casts;
            }
        }
}

TEST(NameHash, NamesThatAreEasilyConfusedDiffer) {
    std::set<std::uint64_t> seen;
    const std::string names[] = {"a", std::string("a\0", 2), "aa", "log", "log ", "Log", "logs", "dpkg.log", "dpkg.log.1", std::string(8, 'x'),
                                 std::string(16, 'x'), std::string(24, 'x'), std::string(255, 'x'), std::string(254, 'x')};
    for (const auto& name : names) EXPECT_TRUE(seen.insert(name_hash(kKey, name)).second) << name;
    EXPECT_NE(name_hash(kKey, "log"), name_hash(kKey + 1, "log")) << "the key counts";
}

TEST(NameHash, ManyNamesDoNotCollide) {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 200'000; i++) ASSERT_TRUE(seen.insert(name_hash(kKey, "file" + std::to_string(i))).second) << i;
}

}  // namespace
}  // namespace quell::bpf
