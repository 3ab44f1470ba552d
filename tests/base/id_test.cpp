// SPDX-License-Identifier: Apache-2.0
#include "user/base/id.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace quell {
namespace {

TEST(Id, RoundTrip) {
    std::mt19937_64 random(1);
    std::set<std::string> seen;
    for (std::uint64_t id = 1; id < 5000; id++) {
        const std::string text = id_text(id);
        EXPECT_EQ(text.size(), 5u);
        EXPECT_TRUE(seen.insert(text).second);
        EXPECT_EQ(*parse_id(text), id);
    }
    for (int i = 0; i < 5000; i++) {
        const std::uint64_t id = (random() >> (8 + random() % 50)) | 1;
        EXPECT_EQ(*parse_id(id_text(id)), id);
    }
    EXPECT_EQ(*parse_id(id_text(kIncidentMax)), kIncidentMax);
}

TEST(Id, TypingMistakesNameNothing) {
    const std::string alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    for (const std::uint64_t id : {std::uint64_t{1}, std::uint64_t{77777}, std::uint64_t{123456789}, kIncidentMax}) {
        const std::string text = id_text(id);
        for (std::size_t i = 0; i < text.size(); i++) {
            for (const char c : alphabet) {
                std::string wrong = text;
                wrong[i] = c;
                if (wrong == text) continue;
                EXPECT_FALSE(parse_id(wrong).ok()) << text << " " << wrong;
            }
            if (i + 1 < text.size() && text[i] != text[i + 1]) {
                std::string wrong = text;
                std::swap(wrong[i], wrong[i + 1]);
                EXPECT_FALSE(parse_id(wrong).ok()) << text << " " << wrong;
            }
        }
    }
}

TEST(Id, LenientSpelling) {
    std::string text = id_text(1);  // 0001x
    text[0] = 'O';
    text[3] = 'l';
    EXPECT_EQ(*parse_id(text), 1u);
    std::string upper = id_text(987654321);
    for (char& c : upper) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(*parse_id(upper), 987654321u);
}

TEST(Id, Refuses) {
    for (const char* text : {"", "1", "0000", "00000", "0001u", "../..", "000000001", "zzzzzzzzzzzzzzzzz", "0001\xff", "00 12"})
        EXPECT_FALSE(parse_id(text).ok()) << text;
    EXPECT_FALSE(parse_id(std::string("0").append(id_text(987654321))).ok()) << "one spelling each";
}

}  // namespace
}  // namespace quell
