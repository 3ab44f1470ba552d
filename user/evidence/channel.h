// SPDX-License-Identifier: Apache-2.0
// Channel: JSON values, one a line, over a stream socket, between the daemon
// and its helper. Not thread-safe.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "user/base/fd.h"
#include "user/base/result.h"

namespace quell::evidence {

using Json = nlohmann::json;

class Channel {
public:
    explicit Channel(Fd socket, std::size_t line_max = 16u << 20) : socket_(std::move(socket)), line_max_(line_max) {}

    // Deadlines are boot times. EPIPE: the other end is gone. ETIMEDOUT: it takes nothing.
    [[nodiscard]] Status send(const Json& value, std::uint64_t deadline_ns);
    // EPIPE, ETIMEDOUT; EPROTO for what is no JSON or too long.
    [[nodiscard]] Result<Json> receive(std::uint64_t deadline_ns);
    [[nodiscard]] int fd() const { return socket_.get(); }

private:
    Fd socket_;
    std::size_t line_max_;
    std::string buffer_;
};

}  // namespace quell::evidence
