// SPDX-License-Identifier: Apache-2.0
#include "user/base/escape.h"

#include <gtest/gtest.h>

#include <random>

namespace quell {
namespace {

TEST(Escape, LeavesPrintableTextAlone) {
    EXPECT_EQ(escape("/var/log/dpkg.log"), "/var/log/dpkg.log");
    EXPECT_EQ(escape("Grüße, 世界, привет, 🦊 \"quoted\""), "Grüße, 世界, привет, 🦊 \"quoted\"");
    EXPECT_EQ(escape(""), "");
}

TEST(Escape, ControlCharacters) {
    EXPECT_EQ(escape("a\nb\r\tc"), "a\\x0ab\\x0d\\x09c");
    EXPECT_EQ(escape("\x1b[31mred\x1b]0;title\x07"), "\\x1b[31mred\\x1b]0;title\\x07");
    EXPECT_EQ(escape(std::string_view("\0x\x7f", 3)), "\\x00x\\x7f");
    EXPECT_EQ(escape("\xc2\x9b"), "\\xc2\\x9b") << "C1: CSI in one character";
    EXPECT_EQ(escape("\xc2\x85"), "\\xc2\\x85") << "C1: next line";
}

TEST(Escape, BackslashHasOneMeaning) {
    EXPECT_EQ(escape("\\x0a"), "\\\\x0a");
    EXPECT_NE(escape("\\x0a"), escape("\n"));
}

TEST(Escape, InvalidUtf8ByteByByte) {
    EXPECT_EQ(escape("a\xff\xfe"), "a\\xff\\xfe");
    EXPECT_EQ(escape("\xc0\xaf"), "\\xc0\\xaf") << "overlong slash";
    EXPECT_EQ(escape("\xe0\x80\xaf"), "\\xe0\\x80\\xaf") << "overlong slash, three bytes";
    EXPECT_EQ(escape("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
    EXPECT_EQ(escape("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond U+10FFFF";
    EXPECT_EQ(escape("\xe4\xb8"), "\\xe4\\xb8") << "cut";
    EXPECT_EQ(escape("\xe4\xb8z"), "\\xe4\\xb8z") << "what follows a broken start is kept";
}

TEST(Escape, FormatCharacters) {
    for (const char* hidden : {"\u202a", "\u202e", "\u2066", "\u2069", "\u200b", "\u200d", "\u200e", "\u200f", "\u2028",
                               "\u2029", "\ufeff", "\u00ad", "\u061c", "\u180e", "\u2060", "\u3164", "\u00a0", "\u3000",
                               "\ufe0f", "\U000e0041", "\ue000", "\uffff", "\U0001fffe", "\U0010ffff"}) {
        const std::string text = escape(hidden);
        EXPECT_EQ(text.substr(0, 2), "\\x") << text;
        EXPECT_EQ(text.size(), 4 * std::string_view(hidden).size());
    }
    EXPECT_EQ(escape("gpj.\u202eexe"), "gpj.\\xe2\\x80\\xaeexe");
}

TEST(Escape, EscapedTextOfAnyBytesIsStable) {
    std::mt19937 random(1);
    for (int round = 0; round < 2000; round++) {
        std::string bytes(random() % 40, '\0');
        for (char& c : bytes) c = static_cast<char>(random());
        const std::string once = escape(bytes);
        EXPECT_LE(once.size(), 4 * bytes.size());
        std::string doubled;
        for (const char c : once) {
            const auto byte = static_cast<unsigned char>(c);
            EXPECT_TRUE(byte >= 0x20 && byte != 0x7f);
            doubled += c;
            if (c == '\\') doubled += c;
        }
        // Nothing but backslashes is left to escape: what came out is printable UTF-8.
        EXPECT_EQ(escape(once), doubled);
    }
}

TEST(Escape, Cut) {
    EXPECT_EQ(escape_cut("short", 5), "short");
    EXPECT_EQ(escape_cut("longer", 4), "long…");
    EXPECT_EQ(escape_cut("ab\u4e16", 4), "ab…") << "no half character";
}

}  // namespace
}  // namespace quell
