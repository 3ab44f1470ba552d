// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/base/temp_dir.h"
#include "tests/notify/receiver.h"
#include "user/base/fd.h"
#include "user/notify/journal.h"
#include "user/notify/journal_stream.h"
#include "user/notify/service.h"

namespace quell::notify {
namespace {

TEST(Service, SpeaksToPathAndAbstractSockets) {
    const TempDir dir;
    for (const std::string& address : {dir / "notify", "@quell-test-" + std::to_string(::getpid())}) {
        Receiver receiver(address);
        ::setenv("NOTIFY_SOCKET", address.c_str(), 1);
        ::setenv("WATCHDOG_USEC", "10000000", 1);
        ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
        const Service service = Service::from_environment();
        EXPECT_EQ(::getenv("NOTIFY_SOCKET"), nullptr);
        EXPECT_EQ(service.watchdog_interval_ns(), 5'000'000'000u);
        EXPECT_TRUE(service.ready("one\nWATCHDOG=trigger").ok());
        EXPECT_EQ(receiver.receive(), "READY=1\nSTATUS=one WATCHDOG=trigger") << "a status cannot begin a field";
        EXPECT_TRUE(service.watchdog().ok());
        EXPECT_EQ(receiver.receive(), "WATCHDOG=1");
        EXPECT_TRUE(service.reloading().ok());
        EXPECT_EQ(receiver.receive().rfind("RELOADING=1\nMONOTONIC_USEC=", 0), 0u);
    }
}

TEST(Service, QuietWithoutAManager) {
    ::unsetenv("NOTIFY_SOCKET");
    ::setenv("WATCHDOG_USEC", "x", 1);
    const Service service = Service::from_environment();
    EXPECT_FALSE(service.managed());
    EXPECT_EQ(service.watchdog_interval_ns(), 0u);
    EXPECT_TRUE(service.ready("").ok());
}

TEST(Service, AnotherProcessIsWatched) {
    ::setenv("WATCHDOG_USEC", "10000000", 1);
    ::setenv("WATCHDOG_PID", "1", 1);
    EXPECT_EQ(Service::from_environment().watchdog_interval_ns(), 0u);
}

TEST(Service, BadAddressIsAnError) {
    ::setenv("NOTIFY_SOCKET", "vsock:1:2", 1);
    EXPECT_EQ(Service::from_environment().stopping().error().code, EINVAL);
}

TEST(Journal, Fields) {
    EXPECT_EQ(journal_field("A_1", "value"), "A_1=value\n");
    EXPECT_EQ(journal_field("A", "x\nPRIORITY=0"), std::string("A\n\x0c\0\0\0\0\0\0\0x\nPRIORITY=0\n", 23));
    EXPECT_EQ(journal_field("lower", "x"), "");
    EXPECT_EQ(journal_field("_HOSTNAME", "x"), "") << "trusted fields are not ours to set";
    EXPECT_EQ(journal_field("A=B\nC", "x"), "");
}

TEST(Journal, SendsTheHead) {
    const TempDir dir;
    Receiver receiver(dir / "journal");
    EXPECT_TRUE(Journal(dir / "journal").history_head(7, "abc", "0001x", "approved"));
    const std::string entry = receiver.receive();
    EXPECT_NE(entry.find("MESSAGE=history head 7:abc\n"), std::string::npos) << entry;
    EXPECT_NE(entry.find("\nQUELL_HISTORY_HEAD=abc\n"), std::string::npos);
    EXPECT_NE(entry.find("\nQUELL_INCIDENT=0001x\n"), std::string::npos);
}

TEST(Journal, FallsBackToTheLog) {
    const TempDir dir;
    testing::internal::CaptureStderr();
    EXPECT_FALSE(Journal(dir / "none").send(kPriorityNotice, kHeadMessageId, "message", {{"A", "b\nc"}}));
    EXPECT_NE(testing::internal::GetCapturedStderr().find("message A=b\\x0ac"), std::string::npos);
}

TEST(JournalStream, WaitsForNobodyAndKeepsTheOrder) {
    const TempDir dir;
    Receiver receiver(dir / "journal");
    JournalStream stream(dir / "journal");
    std::size_t sent = 0;
    while (stream.waiting() < 5 && sent < 100'000) stream.send(kPriorityNotice, kHeadMessageId, "entry " + std::to_string(sent++), {});
    ASSERT_EQ(stream.waiting(), 5u) << "the receiver's queue has an end";
    std::size_t got = 0;
    for (std::string entry; !(entry = receiver.receive()).empty(); stream.flush(), got++) EXPECT_NE(entry.find("MESSAGE=entry " + std::to_string(got) + "\n"), std::string::npos) << entry;
    EXPECT_EQ(got, sent);
    EXPECT_EQ(stream.lost(), 0u);
}

TEST(JournalStream, WhatFindsNoRoomIsCountedAndSaid) {
    const TempDir dir;
    Receiver receiver(dir / "journal");
    JournalStream stream(dir / "journal");
    while (stream.lost() < 3) stream.send(kPriorityNotice, kHeadMessageId, "entry", {});
    EXPECT_EQ(stream.waiting(), JournalStream::kWaitingMax);
    std::string last;
    for (std::string entry; !(entry = receiver.receive()).empty(); stream.flush()) last = entry;
    EXPECT_NE(last.find("\nQUELL_LOST=3\n"), std::string::npos) << last;
    EXPECT_NE(last.find("\nMESSAGE_ID=" + std::string(kLostMessageId) + "\n"), std::string::npos) << last;
    stream.send(kPriorityNotice, kHeadMessageId, "again", {});
    EXPECT_NE(receiver.receive().find("MESSAGE=again\n"), std::string::npos);
    EXPECT_EQ(receiver.receive(), "") << "said once";
}

TEST(JournalStream, NoJournalIsNoTrouble) {
    const TempDir dir;
    JournalStream stream(dir / "none");
    for (int i = 0; i < 10; i++) stream.send(kPriorityNotice, kHeadMessageId, "entry", {});
    EXPECT_EQ(stream.waiting(), 0u);
    EXPECT_EQ(stream.lost(), 0u);
}

}  // namespace
}  // namespace quell::notify
