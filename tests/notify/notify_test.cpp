// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>

#include "tests/base/temp_dir.h"
#include "user/base/fd.h"
#include "user/notify/journal.h"
#include "user/notify/service.h"

namespace quell::notify {
namespace {

// A datagram socket that a test listens on.
class Receiver {
public:
    explicit Receiver(const std::string& address) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        address.copy(name.sun_path, address.size());
        const bool abstract = address[0] == '@';
        if (abstract) name.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size() + (abstract ? 0 : 1));
        EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&name), size), 0);
    }
    std::string receive() {
        std::string data(65536, '\0');
        const ssize_t size = ::recv(fd_.get(), data.data(), data.size(), MSG_DONTWAIT);
        data.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        return data;
    }

private:
    Fd fd_;
};

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
    EXPECT_FALSE(Journal(dir / "none").send(kPriorityNotice, "message", {{"A", "b\nc"}}));
    EXPECT_NE(testing::internal::GetCapturedStderr().find("message A=b\\x0ac"), std::string::npos);
}

}  // namespace
}  // namespace quell::notify
