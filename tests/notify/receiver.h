// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <string>

#include "user/base/fd.h"

namespace quell::notify {

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

}  // namespace quell::notify
