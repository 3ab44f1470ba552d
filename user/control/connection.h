// SPDX-License-Identifier: Apache-2.0
// Connection: one client of the control socket: bytes in, calls out, replies
// back. It takes one call at a time and one in a turn of the loop, and reads
// nothing more until the answer is written and what was read is taken, so a
// client can make the daemon hold one call and one reply; or, of a call that
// takes several, so much of them as its limit says: who reads too slowly is
// told so, and gets no more. Such a call may last as long as its client does.
// Belongs to the loop's thread; shared so that a reply may outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "user/base/loop.h"
#include "user/control/peer.h"
#include "user/control/responder.h"
#include "user/control/varlink.h"

namespace quell::control {

struct ConnectionLimits {
    std::size_t call_size = kCallSizeMax;
    std::size_t stream_queue = kStreamQueueMax;
    std::uint64_t idle_ns = 60ull * 1'000'000'000;
    std::uint64_t partial_ns = 5ull * 1'000'000'000;  // from a call's first byte to its last
    std::uint64_t stalled_ns = 10ull * 1'000'000'000;  // a reader that takes nothing
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    using OnCall = std::function<void(const Peer& peer, Call call, Responder responder)>;
    using OnClosed = std::function<void(int fd)>;  // may drop the connection

    Connection(Loop& loop, Fd fd, Peer peer, ConnectionLimits limits, OnCall on_call, OnClosed on_closed);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    [[nodiscard]] Status start();
    // Called now and then: closes what has been silent for too long.
    void check_time(std::uint64_t now_ns);
    [[nodiscard]] const Peer& peer() const { return peer_; }

private:
    void on_ready(std::uint32_t events);
    void read_some();
    void process();
    void process_later();
    void answer(std::string message);
    bool answer_more(std::string message);
    void refuse(std::string_view reason);
    void write_some();
    void want_events();
    void close();

    Loop& loop_;
    Fd fd_;
    const Peer peer_;
    const ConnectionLimits limits_;
    const OnCall on_call_;
    const OnClosed on_closed_;

    std::string input_;
    std::size_t scanned_ = 0;  // of input_, known to hold no NUL
    std::string output_;
    std::size_t written_ = 0;
    std::uint64_t since_ns_ = 0;  // when what it waits for began
    std::uint32_t wanted_ = 0;
    bool busy_ = false;        // a call waits for its answer, or for the last of several
    std::uint64_t call_ = 0;   // number of the newest call: what belongs to an earlier one says nothing
    bool posted_ = false;      // process() comes with the loop's next turn
    bool half_closed_ = false;  // no more calls will come
    bool draining_ = false;    // refused: what it still sends is thrown away
};

}  // namespace quell::control
