// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/hostile/raw_client.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace quell::guest {

RawClient::RawClient() : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_un address = {AF_UNIX, "/run/quell/quell.sock"};
    const timeval limit = {30, 0};  // a daemon that takes nothing is not to hold a test for ever
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address))) ADD_FAILURE() << "connect: errno " << errno;
}

RawClient::~RawClient() {
    if (fd_ >= 0) close(fd_);
}

bool RawClient::put(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void RawClient::half_close() { shutdown(fd_, SHUT_WR); }

std::optional<std::string> RawClient::get(int timeout_ms) {
    for (;;) {
        if (const auto end = input_.find('\0'); end != std::string::npos) {
            std::string message = input_.substr(0, end);
            input_.erase(0, end + 1);
            return message;
        }
        pollfd one = {fd_, POLLIN, 0};
        char buffer[65536];
        if (poll(&one, 1, timeout_ms) <= 0) return std::nullopt;
        const ssize_t got = recv(fd_, buffer, sizeof(buffer), 0);
        if (got <= 0) {
            closed_ = true;
            return std::nullopt;
        }
        input_.append(buffer, static_cast<std::size_t>(got));
    }
}

bool RawClient::hung_up(int timeout_ms) { return !get(timeout_ms) && closed_; }

bool as_user(uid_t uid, bool (*work)()) {
    const pid_t child = fork();
    if (!child) _exit(setgid(uid) || setuid(uid) || !work() ? 1 : 0);
    int status = 0;
    return waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace quell::guest
