// SPDX-License-Identifier: Apache-2.0
#include "user/cli/table.h"

#include <gtest/gtest.h>

#include "user/cli/show_time.h"
#include "user/cli/terminal.h"

namespace quell::cli {
namespace {

TEST(Fit, CutsByColumns) {
    EXPECT_EQ(fit("abc", 3), "abc");
    EXPECT_EQ(fit("abcd", 3), "ab…");
    EXPECT_EQ(fit("漢字漢字", 8), "漢字漢字");
    EXPECT_EQ(fit("漢字漢字", 7), "漢字漢…");
    EXPECT_EQ(fit("漢字漢字", 6), "漢字…");
    EXPECT_EQ(fit("abc", 0), "");
    EXPECT_EQ(width_of("e\xcc\x81"), 1u);
    EXPECT_EQ(fit("\xe6", 0), "");  // cut text, should it ever come here
}

TEST(Table, EveryLineFits) {
    for (const std::size_t width : {80u, 100u, 137u, 200u}) {
        Table table({{"A", 4}, {"B", 4, 1}, {"C", 4, 2}});
        table.add({std::string(300, 'a'), "short", std::string(50, 'c')});
        const std::string text = table.text(width);
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            EXPECT_LE(width_of(text.substr(at, end - at)), width);
            at = end + 1;
        }
        EXPECT_NE(text.find("short"), std::string::npos);
    }
}

TEST(Table, LeavesOutByRank) {
    Table table({{"A", 5}, {"B", 5, 1}, {"C", 5, 2}});
    table.add({"aaaaaaa", "bbbbbbb", "ccccccc"});
    EXPECT_EQ(table.text(12), "A      B\naaaa…  bbbb…\n");
    EXPECT_EQ(table.text(1), "A\naaaa…\n");
}

TEST(ShowTime, ParsesWhatTheDaemonWrites) {
    EXPECT_EQ(parse_time("1970-01-01T00:00:01.500000Z"), 1'500'000'000);
    EXPECT_EQ(parse_time("1970-01-01T00:00:01Z"), 1'000'000'000);
    for (const char* text : {"", "now", "1970-01-01", "1970-01-01T00:00:01", "1970-01-01T00:00:01+01:00", "1970-01-01T00:00:01.xZ"})
        EXPECT_EQ(parse_time(text), std::nullopt) << text;
    EXPECT_EQ(show_time("2026-03-01T09:08:07.123456Z", true), "2026-03-01T09:08:07Z");
    EXPECT_EQ(show_time("\x1b", true), "\\x1b");
}

}  // namespace
}  // namespace quell::cli
