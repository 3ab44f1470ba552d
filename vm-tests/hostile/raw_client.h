// SPDX-License-Identifier: Apache-2.0
// RawClient: a client of the control socket without manners: it sends what it
// likes, as slowly as it likes, and reads when it wants to.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace quell::guest {

class RawClient {
public:
    RawClient();
    RawClient(RawClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), input_(std::move(other.input_)) {}
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    ~RawClient();

    bool put(std::string_view bytes);  // whether all of it was taken
    bool call(const std::string& text) { return put(text + std::string(1, '\0')); }
    void half_close();
    // One message without its NUL; nothing when the daemon hangs up, or says nothing for so long.
    std::optional<std::string> get(int timeout_ms = 5000);
    // Whether the daemon hangs up within that time and says nothing before.
    bool hung_up(int timeout_ms);

private:
    int fd_;
    std::string input_;
    bool closed_ = false;
};

inline constexpr const char* kVersionCall = R"({"method":"io.quell.Version"})";

// A child process of that user does it; whether it returned true.
bool as_user(uid_t uid, bool (*work)());

}  // namespace quell::guest
