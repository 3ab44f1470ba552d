// SPDX-License-Identifier: Apache-2.0
// Client: calls of the control interface, one after the other, each with a
// time limit. For programs without an event loop. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "user/base/fd.h"
#include "user/control/json.h"

namespace quell::control {

enum class CallOutcome {
    Reply,        // parameters
    Remote,       // the service answered with an error: `error` and parameters
    Unreachable,  // no socket, nobody listens, no answer in time, cut off
    Refused,      // the socket's mode does not let this user connect
    Nonsense,     // what came back is not Varlink
};

struct CallResult {
    CallOutcome outcome = CallOutcome::Unreachable;
    std::string error;  // Remote: the error's full name
    Json parameters = Json::object();
    std::string message;  // the others: what happened, for a person
};

class Client {
public:
    // `cancel`: a descriptor that is readable once waiting is to end (Unreachable); the caller's. -1: none.
    explicit Client(std::string path, int cancel = -1) : path_(std::move(path)), cancel_(cancel) {}

    // Connects where it is not connected. `method` without the interface.
    [[nodiscard]] CallResult call(std::string_view method, const Json& parameters, std::uint64_t timeout_ms = 30'000);

private:
    CallResult connect(std::uint64_t timeout_ms);
    CallResult exchange(const std::string& message, std::uint64_t timeout_ms);

    [[nodiscard]] bool wait_for(short events, std::uint64_t deadline_ns) const;

    std::string path_;
    int cancel_;
    Fd fd_;
};

}  // namespace quell::control
