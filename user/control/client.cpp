// SPDX-License-Identifier: Apache-2.0
#include "user/control/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "user/base/time.h"
#include "user/control/varlink.h"

namespace quell::control {

namespace {

constexpr std::uint64_t kConnectTimeoutMs = 3'000;
constexpr std::uint64_t kCancelledWithinMs = 200;  // connect(2) cannot wait for two things
constexpr std::uint64_t kNsPerMs = 1'000'000;

CallResult failed(CallOutcome outcome, std::string message) { return {outcome, {}, Json::object(), std::move(message)}; }

CallResult unreachable(std::string message) { return failed(CallOutcome::Unreachable, std::move(message)); }

CallResult not_varlink(const Error& error) { return failed(CallOutcome::Nonsense, "the answer is not Varlink: " + error.message); }

CallResult finished(Reply reply) {
    const auto outcome = reply.error.empty() ? CallOutcome::Reply : CallOutcome::Remote;
    return {outcome, std::move(reply.error), std::move(reply.parameters), {}};
}

CallResult stopped() {
    CallResult result{CallOutcome::Reply, {}, Json::object(), {}};
    result.stopped = true;
    return result;
}

bool is_cancelled(int cancel) {
    pollfd one{cancel, POLLIN, 0};
    return cancel >= 0 && poll(&one, 1, 0) > 0;
}

}  // namespace

bool is_crowded(const CallResult& result) {
    return result.outcome == CallOutcome::Remote && result.error == errors::kFailed && string_member(result.parameters, "reason") == errors::kTooManyConnections;
}

// False when the time is over, or it is cancelled.
bool Client::wait_for(short events, std::uint64_t deadline_ns) const {
    for (;;) {
        const std::uint64_t now = boottime_ns();
        if (now >= deadline_ns) return false;
        std::array<pollfd, 2> both = {pollfd{fd_.get(), events, 0}, pollfd{cancel_, POLLIN, 0}};  // poll(2) passes over -1
        const int ready = poll(both.data(), both.size(), static_cast<int>((deadline_ns - now) / kNsPerMs + 1));
        if (ready > 0) return both[1].revents == 0;
        if (ready < 0 && errno != EINTR) return false;
    }
}

CallResult Client::connect(std::uint64_t timeout_ms) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.empty() || path_.size() >= sizeof address.sun_path) return unreachable("socket path is too long");
    std::memcpy(address.sun_path, path_.data(), path_.size());
    Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return unreachable(errno_error("socket").message);
    // A full backlog makes connect(2) wait; a hung daemon would make it wait for ever.
    const std::uint64_t deadline_ns = boottime_ns() + std::min(timeout_ms, kConnectTimeoutMs) * kNsPerMs;
    const std::uint64_t wait_ms = cancel_ < 0 ? std::clamp<std::uint64_t>(timeout_ms, 1, kConnectTimeoutMs) : kCancelledWithinMs;  // 0 would be for ever
    const timeval limit{static_cast<time_t>(wait_ms / 1000), static_cast<suseconds_t>(wait_ms % 1000 * 1000)};
    setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    int connected = -1;
    do connected = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    while (connected != 0 && errno == EAGAIN && boottime_ns() < deadline_ns && !is_cancelled(cancel_));
    if (connected != 0) {
        const auto outcome = errno == EACCES || errno == EPERM ? CallOutcome::Refused : CallOutcome::Unreachable;
        return failed(outcome, errno == EAGAIN ? "the daemon accepts no connections" : errno_error("cannot connect to " + path_).message);
    }
    fd_ = std::move(fd);
    return {CallOutcome::Reply, {}, Json::object(), {}};
}

bool Client::put(const std::string& message, std::uint64_t deadline_ns) const {
    for (std::size_t sent = 0; sent < message.size();) {
        if (!wait_for(POLLOUT, deadline_ns)) return false;
        const ssize_t taken = send(fd_.get(), message.data() + sent, message.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (taken < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (taken < 0) break;
        sent += static_cast<std::size_t>(taken);
    }
    return true;
}

CallResult Client::exchange(const std::string& message, std::uint64_t timeout_ms, std::uint64_t deadline_ns) {
    const std::string late = "no answer within " + duration_text(static_cast<std::int64_t>(timeout_ms * kNsPerMs));
    if (!put(message, deadline_ns)) return unreachable(late);
    std::string input;
    std::array<char, 64 * 1024> buffer;
    for (;;) {
        if (!wait_for(POLLIN, deadline_ns)) return unreachable(late);
        const ssize_t got = recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) return unreachable("the daemon hung up without an answer");
        const char* const end = static_cast<const char*>(std::memchr(buffer.data(), 0, static_cast<std::size_t>(got)));
        input.append(buffer.data(), end ? static_cast<std::size_t>(end - buffer.data()) : static_cast<std::size_t>(got));
        if (input.size() > kReplySizeMax) return failed(CallOutcome::Nonsense, "the answer is too large");
        if (end) break;
    }
    auto reply = parse_reply(input);
    return reply ? finished(std::move(*reply)) : not_varlink(reply.error());
}

CallResult Client::call(std::string_view method, const Json& parameters, std::uint64_t timeout_ms) {
    const std::uint64_t deadline_ns = boottime_ns() + timeout_ms * kNsPerMs;  // of connecting, too
    if (!fd_)
        if (auto connected = connect(timeout_ms); !fd_) return connected;
    CallResult result = exchange(call_message("io.quell." + std::string(method), parameters), timeout_ms, deadline_ns);
    // A late answer must not be taken for that of the next call.
    if (result.outcome != CallOutcome::Reply && result.outcome != CallOutcome::Remote) fd_.reset();
    return result;
}

CallResult Client::receive_all(int stop, const std::function<bool(const Json&)>& each) {
    std::string input;
    std::array<char, 64 * 1024> buffer;
    for (;;) {
        std::array<pollfd, 2> polls = {pollfd{fd_.get(), POLLIN, 0}, pollfd{stop, POLLIN, 0}};
        if (poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) return unreachable(errno_error("poll").message);
        if (polls[1].revents != 0) return stopped();
        if (polls[0].revents == 0) continue;
        const ssize_t got = recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) return unreachable("the daemon has gone away");
        std::string_view rest(buffer.data(), static_cast<std::size_t>(got));
        for (std::size_t end = rest.find('\0'); end != std::string_view::npos; end = rest.find('\0')) {
            input += rest.substr(0, end);
            rest.remove_prefix(end + 1);
            auto reply = parse_reply(input);
            if (!reply) return not_varlink(reply.error());
            if (!reply->error.empty() || !reply->continues) return finished(std::move(*reply));
            if (!each(reply->parameters)) return stopped();
            input.clear();
        }
        input += rest;
        if (input.size() > kReplySizeMax) return failed(CallOutcome::Nonsense, "the answer is too large");
    }
}

CallResult Client::stream(std::string_view method, const Json& parameters, int stop, const std::function<bool(const Json&)>& each) {
    fd_.reset();
    if (auto connected = connect(kConnectTimeoutMs); !fd_) return connected;
    if (!put(call_message("io.quell." + std::string(method), parameters, true), boottime_ns() + kConnectTimeoutMs * kNsPerMs)) return unreachable("the daemon reads nothing");
    CallResult result = receive_all(stop, each);
    fd_.reset();  // what the service still sends is no answer to the next call
    return result;
}

}  // namespace quell::control
