// SPDX-License-Identifier: Apache-2.0
// Varlink messages: one JSON object, then a NUL. This file knows the form of
// calls and replies, not what Quell's methods mean. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "user/base/result.h"
#include "user/control/json.h"

namespace quell::control {

// A call is a few hundred bytes; the longest legal one names policy files.
inline constexpr std::size_t kCallSizeMax = 1 << 20;
// Of an operator's reason or note, in bytes: it stays with the incident and its rows.
inline constexpr std::size_t kReasonSizeMax = 1024;
// All that may wait for a slow reader: a connection has one reply in flight.
// A hostile workload makes an incident 8 KB long (1,024 bytes of path, 512 of
// arguments and executable, each escaped to four); 1,024 of them may be
// pending, and must not make the list impossible to get.
inline constexpr std::size_t kReplySizeMax = 16 << 20;
// What may wait for a slow reader of a stream. A row is about 1 KB, and the
// socket itself holds some 200 KB more.
inline constexpr std::size_t kStreamQueueMax = 256 << 10;
// For the elements of a list that fills a reply; the rest is for what is
// around it. See append_within.
inline constexpr std::size_t kListRoom = kReplySizeMax - 4096;

namespace errors {
inline constexpr std::string_view kInterfaceNotFound = "org.varlink.service.InterfaceNotFound";
inline constexpr std::string_view kMethodNotFound = "org.varlink.service.MethodNotFound";
inline constexpr std::string_view kMethodNotImplemented = "org.varlink.service.MethodNotImplemented";
inline constexpr std::string_view kInvalidParameter = "org.varlink.service.InvalidParameter";
inline constexpr std::string_view kExpectedMore = "org.varlink.service.ExpectedMore";
inline constexpr std::string_view kNotAllowed = "io.quell.NotAllowed";
inline constexpr std::string_view kNoSuchIncident = "io.quell.NoSuchIncident";
inline constexpr std::string_view kTooLate = "io.quell.TooLate";
inline constexpr std::string_view kChanged = "io.quell.Changed";
inline constexpr std::string_view kBlind = "io.quell.Blind";
inline constexpr std::string_view kNotOffered = "io.quell.NotOffered";
inline constexpr std::string_view kGuarded = "io.quell.Guarded";
inline constexpr std::string_view kNoSuchTarget = "io.quell.NoSuchTarget";
inline constexpr std::string_view kPolicyInvalid = "io.quell.PolicyInvalid";
inline constexpr std::string_view kTooSlow = "io.quell.TooSlow";
inline constexpr std::string_view kFailed = "io.quell.Failed";
// Reason of a kFailed: the connection is refused for now, and its call was not looked at.
inline constexpr std::string_view kTooManyConnections = "too many connections";
}  // namespace errors

struct Call {
    std::string interface;  // "io.quell"
    std::string method;     // "Show"
    Json parameters = Json::object();
    bool oneway = false;
    bool more = false;
    bool upgrade = false;

    [[nodiscard]] std::string full_name() const { return interface + "." + method; }
};

struct Reply {
    std::string error;  // "" when it is a result
    Json parameters = Json::object();
    bool continues = false;  // more replies to the same call follow
};

// From one message without its NUL. Fails when it is not JSON, not an object,
// has no well-formed method, a member of the wrong type, or one that Varlink
// does not know.
[[nodiscard]] Result<Call> parse_call(std::string_view message);
[[nodiscard]] Result<Reply> parse_reply(std::string_view message);

// With the NUL.
// `more`: several replies are wanted.
[[nodiscard]] std::string call_message(std::string_view method, const Json& parameters, bool more = false);
[[nodiscard]] std::string reply_message(const Json& parameters);
// One that is not the last.
[[nodiscard]] std::string more_message(const Json& parameters);
[[nodiscard]] std::string error_message(std::string_view name, const Json& parameters);

}  // namespace quell::control
