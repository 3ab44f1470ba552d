// SPDX-License-Identifier: Apache-2.0
#include "user/base/log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace quell::log {
namespace {

TEST(Log, Levels) {
    EXPECT_EQ(parse_level("warn"), Level::Warn);
    EXPECT_FALSE(parse_level("loud").has_value());
    testing::internal::CaptureStderr();
    set_level(Level::Warn);
    info("not this");
    warn("{} as it is\nin one line, \x1b[2J\r\t\x7f\x01 na\xc3\xafve \\x1b");
    warn(std::string_view("nul\0too", 7));
    set_level(Level::Info);
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_EQ(text.find("not this"), std::string::npos);
    EXPECT_NE(text.find("{} as it is\\x0ain one line, \\x1b[2J\\x0d\\x09\\x7f\\x01 na\xc3\xafve \\x1b\n"), std::string::npos) << text;
    EXPECT_NE(text.find("nul\\x00too\n"), std::string::npos) << text;
}

TEST(Log, KnowsTheJournalByDeviceAndInode) {
    struct stat info {};
    ASSERT_EQ(::fstat(STDERR_FILENO, &info), 0);
    const std::string stream = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
    EXPECT_TRUE(is_journal(STDERR_FILENO, stream.c_str()));
    EXPECT_FALSE(is_journal(STDERR_FILENO, "1:1"));
    EXPECT_FALSE(is_journal(STDERR_FILENO, nullptr));
}

}  // namespace
}  // namespace quell::log
