// SPDX-License-Identifier: Apache-2.0
#include "user/control/connection.h"

#include <sys/socket.h>

#include <array>
#include <utility>

#include "user/base/time.h"

namespace quell::control {

namespace {
constexpr std::size_t kReadSize = 64 * 1024;
// What a refused client may still send before it is cut off.
constexpr std::uint64_t kDrainNs = 1'000'000'000;
}  // namespace

Connection::Connection(Loop& loop, Fd fd, Peer peer, ConnectionLimits limits, OnCall on_call, OnClosed on_closed)
    : loop_(loop),
      fd_(std::move(fd)),
      peer_(std::move(peer)),
      limits_(limits),
      on_call_(std::move(on_call)),
      on_closed_(std::move(on_closed)),
      since_ns_(boottime_ns()) {}

Connection::~Connection() {
    if (fd_) loop_.remove(fd_.get());
}

Status Connection::start() {
    wanted_ = EPOLLIN;
    return loop_.add(fd_.get(), wanted_, [this](std::uint32_t events) { on_ready(events); });
}

void Connection::on_ready(std::uint32_t events) {
    const auto self = shared_from_this();  // close() may drop the last owner
    // HUP: both directions are gone, nobody will read an answer.
    if (events & (EPOLLERR | EPOLLHUP)) return close();
    if (events & EPOLLOUT) {
        write_some();
        process();
    }
    if (fd_ && (events & EPOLLIN) && (wanted_ & EPOLLIN)) read_some();
    want_events();
}

void Connection::read_some() {
    std::array<char, kReadSize> buffer;
    const ssize_t got = recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0) {
        if (errno != EAGAIN && errno != EINTR) close();
        return;
    }
    if (got == 0) half_closed_ = true;
    if (draining_) {
        if (half_closed_) close();
        return;
    }
    if (input_.empty() && got > 0) since_ns_ = boottime_ns();
    input_.append(buffer.data(), static_cast<std::size_t>(got));
    process();
}

// One call at most: the next one has its own turn.
void Connection::process() {
    if (!fd_ || busy_ || posted_ || draining_ || !output_.empty()) return;
    const std::size_t end = input_.find('\0', scanned_);
    const std::size_t size = end == std::string::npos ? input_.size() : end;
    if (size > limits_.call_size) return refuse("the message is too large");
    if (end == std::string::npos) {
        scanned_ = input_.size();
        // A half of a call that will never be whole, or nothing at all.
        if (half_closed_) close();
        return;
    }
    auto call = parse_call(std::string_view(input_).substr(0, end));
    input_.erase(0, end + 1);
    scanned_ = 0;
    since_ns_ = boottime_ns();
    if (!call) return refuse("malformed message: " + call.error().message);
    busy_ = true;
    call_++;
    const bool oneway = call->oneway;
    Responder::SendMore more;
    if (call->more && !oneway)
        more = [weak = weak_from_this(), number = call_](std::string message) {
            const auto alive = weak.lock();
            return alive && alive->busy_ && alive->call_ == number && alive->answer_more(std::move(message));
        };
    Responder responder(
        [weak = weak_from_this()](std::string message) {
            if (const auto alive = weak.lock()) alive->answer(std::move(message));
        },
        std::move(more), oneway);
    on_call_(peer_, std::move(call).value(), std::move(responder));
}

// Empty: of a call that wants no reply.
void Connection::answer(std::string message) {
    if (!fd_) return;
    busy_ = false;
    since_ns_ = boottime_ns();
    if (!message.empty()) {
        output_ += message;  // behind what is left of earlier replies to the same call
        write_some();
    }
    process_later();
    want_events();
}

// The next call waits for its own turn: who answers is in the middle of something that a call may change, and what
// others asked goes before it, however many calls were sent at once. Where output is left, its end is that turn.
void Connection::process_later() {
    const bool has_next = half_closed_ || !input_.empty();
    if (!fd_ || posted_ || !has_next || !output_.empty()) return;
    posted_ = true;
    loop_.post([weak = weak_from_this()] {
        const auto alive = weak.lock();
        if (!alive) return;
        alive->posted_ = false;
        alive->process();
        alive->want_events();
    });
}

// What waits has a limit; a single reply may be longer where nothing waits.
bool Connection::answer_more(std::string message) {
    if (!fd_) return false;
    if (message.empty()) return true;
    output_.erase(0, std::exchange(written_, 0));
    if (!output_.empty() && output_.size() + message.size() > limits_.stream_queue) {
        answer(error_message(errors::kTooSlow, Json{{"reason", "more than " + std::to_string(limits_.stream_queue >> 10) + " KiB were not read"}}));
        return false;
    }
    output_ += message;
    write_some();
    want_events();
    return static_cast<bool>(fd_);
}

// Says why, and closes only when the client has had a chance to read it:
// closing with unread bytes would throw the answer away as well.
void Connection::refuse(std::string_view reason) {
    draining_ = true;
    input_ = {};
    output_ = error_message(errors::kFailed, Json{{"reason", reason}});
    written_ = 0;
    since_ns_ = boottime_ns();
    write_some();
}

void Connection::write_some() {
    while (fd_ && written_ < output_.size()) {
        const ssize_t sent = send(fd_.get(), output_.data() + written_, output_.size() - written_, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN) close();
            return;
        }
        written_ += static_cast<std::size_t>(sent);
        since_ns_ = boottime_ns();
    }
    if (!fd_) return;
    output_ = {};
    written_ = 0;
    if (draining_) shutdown(fd_.get(), SHUT_WR);
}

void Connection::want_events() {
    if (!fd_) return;
    const bool may_read = !half_closed_ && !busy_ && !posted_ && output_.empty();
    const std::uint32_t wanted = (may_read ? EPOLLIN : 0u) | (output_.empty() ? 0u : EPOLLOUT);
    if (wanted != wanted_ && !loop_.modify(fd_.get(), wanted)) return close();
    wanted_ = wanted;
}

void Connection::check_time(std::uint64_t now_ns) {
    if (!fd_ || busy_ || posted_) return;
    const std::uint64_t allowed = !output_.empty() ? limits_.stalled_ns
                                  : draining_      ? kDrainNs
                                  : !input_.empty() ? limits_.partial_ns
                                                    : limits_.idle_ns;
    if (now_ns > since_ns_ && now_ns - since_ns_ > allowed) close();
}

void Connection::close() {
    if (!fd_) return;
    const int fd = fd_.get();
    loop_.remove(fd);
    fd_.reset();
    on_closed_(fd);
}

}  // namespace quell::control
