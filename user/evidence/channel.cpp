// SPDX-License-Identifier: Apache-2.0
#include "user/evidence/channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "user/base/time.h"

namespace quell::evidence {
namespace {

Status wait(int fd, short events, std::uint64_t deadline_ns) {
    for (;;) {
        const auto now = boottime_ns();
        if (now >= deadline_ns) return Error{"its time was over", ETIMEDOUT, {}};
        pollfd one{fd, events, 0};
        const auto ms = std::min<std::uint64_t>((deadline_ns - now) / 1'000'000 + 1, 60'000);
        const int ready = ::poll(&one, 1, static_cast<int>(ms));
        if (ready > 0) return success();
        if (ready < 0 && errno != EINTR) return errno_error("cannot wait");
    }
}

}  // namespace

Status Channel::send(const Json& value, std::uint64_t deadline_ns) {
    const std::string line = value.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
    for (std::size_t done = 0; done < line.size();) {
        if (auto ready = wait(socket_.get(), POLLOUT, deadline_ns); !ready) return ready;
        const auto n = ::send(socket_.get(), line.data() + done, line.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n < 0) return Error{"the other end is gone", EPIPE, {}};
        done += static_cast<std::size_t>(n);
    }
    return success();
}

Result<Json> Channel::receive(std::uint64_t deadline_ns) {
    std::size_t looked_at = 0;
    for (;;) {
        if (const auto end = buffer_.find('\n', looked_at); end != std::string::npos) {
            const std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            auto value = Json::parse(line, nullptr, false);
            if (value.is_discarded()) return Error{"what came is no JSON", EPROTO, {}};
            return value;
        }
        looked_at = buffer_.size();
        if (buffer_.size() > line_max_) return Error{"what came is too long", EPROTO, {}};
        if (auto ready = wait(socket_.get(), POLLIN, deadline_ns); !ready) return ready.error();
        std::array<char, 65536> chunk;
        const auto n = ::recv(socket_.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return Error{"the other end is gone", EPIPE, {}};
        buffer_.append(chunk.data(), static_cast<std::size_t>(n));
    }
}

}  // namespace quell::evidence
