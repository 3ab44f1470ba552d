// SPDX-License-Identifier: Apache-2.0
// Loop: one epoll loop for descriptors, timers, signals and work handed over
// by other threads. All of it belongs to the thread that calls run(), except
// post() and stop(), which any thread may call. Callbacks may add and remove
// anything, themselves included: a removed callback is not called again, not
// even for an event that was already fetched.
#pragma once

#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "user/base/fd.h"
#include "user/base/result.h"

namespace quell {

class Loop {
public:
    using Ready = std::function<void(std::uint32_t events)>;  // EPOLLIN, …
    using Callback = std::function<void()>;
    using SignalCallback = std::function<void(const signalfd_siginfo& info)>;
    enum class Timer : std::uint64_t {};

    [[nodiscard]] static Result<std::unique_ptr<Loop>> create();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop();

    // Level-triggered unless `events` has EPOLLET. The descriptor stays the
    // caller's, who removes it before closing it. Errors: EEXIST, those of epoll_ctl(2).
    [[nodiscard]] Status add(int fd, std::uint32_t events, Ready ready);
    [[nodiscard]] Status modify(int fd, std::uint32_t events);  // ENOENT: not added
    void remove(int fd);                                        // nothing if not added

    // First after `delay_ns`, then every `interval_ns` (0: once; the timer
    // then stays, disarmed, until it is removed or set again). In
    // CLOCK_BOOTTIME: it counts time in suspend, and no clock change moves
    // it. Ticks that were missed are one call.
    [[nodiscard]] Result<Timer> add_timer(std::uint64_t delay_ns, std::uint64_t interval_ns, Callback callback);
    [[nodiscard]] Status set_timer(Timer timer, std::uint64_t delay_ns, std::uint64_t interval_ns);
    void remove_timer(Timer timer);

    // Blocks the signals in this thread (call before any other is started)
    // and takes them from here. Once in the life of a loop.
    [[nodiscard]] Status add_signals(std::initializer_list<int> signals, SignalCallback callback);

    // Runs `work` on the loop's thread, in the order of the calls. Not
    // bounded: who posts in a loop bounds it itself (see Worker).
    void post(Callback work);

    // Until stop(). The error is one of epoll_wait(2): none is expected.
    [[nodiscard]] Status run();
    // One round; `timeout_ms` as of epoll_wait(2). For tests.
    [[nodiscard]] Status run_once(int timeout_ms);
    void stop();

private:
    struct Source {
        int fd;
        Ready ready;
        Fd owned;  // timers
    };

    Loop() = default;
    void drain_posted();

    Fd epoll_;
    Fd wake_;
    Fd signals_;
    std::atomic<bool> stopping_ = false;
    // Events carry a number that is never used twice: a descriptor's number
    // may belong to another one by the time its event is looked at.
    std::uint64_t next_source_ = 1;
    std::unordered_map<std::uint64_t, std::shared_ptr<Source>> sources_;
    std::unordered_map<int, std::uint64_t> by_fd_;

    std::mutex posted_mutex_;
    std::vector<Callback> posted_;
};

}  // namespace quell
