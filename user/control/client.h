// SPDX-License-Identifier: Apache-2.0
// Client: calls of the control interface, one after the other, each with a
// time limit; and one that goes on for as long as its service has to tell
// something. For programs without an event loop. One thread.
#pragma once

#include <cstdint>
#include <functional>
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
    bool stopped = false;  // of stream(): by who called it
};
// The service had no place for one more connection, and did not look at the call: it may be made again, by another Client.
[[nodiscard]] bool is_crowded(const CallResult& result);

class Client {
public:
    // `cancel`: a descriptor that is readable once waiting is to end (Unreachable); the caller's. -1: none.
    explicit Client(std::string path, int cancel = -1) : path_(std::move(path)), cancel_(cancel) {}

    // Connects where it is not connected. `method` without the interface.
    [[nodiscard]] CallResult call(std::string_view method, const Json& parameters, std::uint64_t timeout_ms = 30'000);

    // A call that takes several replies: `each` gets every one but the last,
    // as they come, with no time limit between them. Ends when `each` returns
    // false or the descriptor `stop` (-1: none) becomes readable: `stopped`, a
    // Reply without parameters; else with the last reply, an error, or as
    // Unreachable when the service has gone. Connects anew each time.
    [[nodiscard]] CallResult stream(std::string_view method, const Json& parameters, int stop, const std::function<bool(const Json&)>& each);

private:
    CallResult connect(std::uint64_t timeout_ms);
    // False: the time is over. A service that hung up may have said why before it did.
    [[nodiscard]] bool put(const std::string& message, std::uint64_t deadline_ns) const;
    CallResult exchange(const std::string& message, std::uint64_t timeout_ms, std::uint64_t deadline_ns);
    CallResult receive_all(int stop, const std::function<bool(const Json&)>& each);

    [[nodiscard]] bool wait_for(short events, std::uint64_t deadline_ns) const;

    std::string path_;
    int cancel_;
    Fd fd_;
};

}  // namespace quell::control
