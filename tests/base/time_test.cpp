// SPDX-License-Identifier: Apache-2.0
#include "user/base/time.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

namespace quell {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

TEST(Time, Utc) {
    EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(utc_text(1'772'356'087'123'456'789), "2026-03-01T09:08:07.123456Z");
    EXPECT_EQ(utc_text(-1000), "1969-12-31T23:59:59.999999Z");
}

TEST(Time, Local) {
    ::setenv("TZ", "XXX-1", 1);
    ::tzset();
    EXPECT_EQ(local_text(1'772'356'087'123'456'789), "2026-03-01 10:08:07 +0100");
    ::unsetenv("TZ");
    ::tzset();
}

TEST(Time, WallFollowsThePresentOffset) {
    const std::uint64_t boot = boottime_ns();
    const std::int64_t wall = wall_ns();
    EXPECT_NEAR(static_cast<double>(wall_from_boottime(boot) - wall), 0, 1e8);
    EXPECT_EQ(wall_from_boottime(boot + kSecond) / 1'000'000 - wall_from_boottime(boot) / 1'000'000, 1000);
    EXPECT_EQ(boot_id().size(), 36u);
}

TEST(Time, DurationText) {
    EXPECT_EQ(duration_text(0), "0s");
    EXPECT_EQ(duration_text(12'345), "12us");
    EXPECT_EQ(duration_text(85'000'000), "85ms");
    EXPECT_EQ(duration_text(4'123'456'789), "4.123s");
    EXPECT_EQ(duration_text(45'200'000'000), "45s");
    EXPECT_EQ(duration_text(192'000'000'000), "3m 12s");
    EXPECT_EQ(duration_text(3'600'000'000'000), "1h");
    EXPECT_EQ(duration_text(2 * 86'400'000'000'000 + 3 * 3'600'000'000'000), "2d 3h");
    EXPECT_EQ(duration_text(-192'000'000'000), "-3m 12s");
    EXPECT_FALSE(duration_text(INT64_MIN).empty());
}

TEST(Time, ParseDuration) {
    EXPECT_EQ(*parse_duration("1h"), 3600 * kSecond);
    EXPECT_EQ(*parse_duration("1h30m"), 5400 * kSecond);
    EXPECT_EQ(*parse_duration("1d 12h"), 36 * 3600 * kSecond);
    EXPECT_EQ(*parse_duration("250ms"), kSecond / 4);
    EXPECT_EQ(*parse_duration("3650d"), 3650 * 86400 * kSecond);
    for (const char* text : {"", "0s", "1", "h", "1h ", " 1h", "-1h", "1.5h", "1m1h", "1h1h", "1y", "1us", "1H", "1h  1m",
                             "3650d1s", "99999999999999999999s", "1h\n"})
        EXPECT_FALSE(parse_duration(text).ok()) << text;
}

}  // namespace
}  // namespace quell
