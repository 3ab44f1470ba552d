// SPDX-License-Identifier: Apache-2.0
#include "user/base/loop.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <array>

#include "user/base/time.h"

namespace quell {
namespace {

timespec to_timespec(std::uint64_t ns) {
    constexpr auto kSecond = static_cast<std::uint64_t>(kNsPerSecond);
    return {static_cast<time_t>(ns / kSecond), static_cast<long>(ns % kSecond)};
}

Status arm(int fd, std::uint64_t delay_ns, std::uint64_t interval_ns) {
    // A zero would disarm it: now is one nanosecond from now.
    const itimerspec when{to_timespec(interval_ns), to_timespec(delay_ns == 0 ? 1 : delay_ns)};
    if (::timerfd_settime(fd, 0, &when, nullptr) != 0) return errno_error("cannot set a timer");
    return success();
}

}  // namespace

Result<std::unique_ptr<Loop>> Loop::create() {
    std::unique_ptr<Loop> loop(new Loop);
    loop->epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
    if (!loop->epoll_) return errno_error("cannot make an epoll instance");
    loop->wake_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!loop->wake_) return errno_error("cannot make an eventfd");
    Loop* self = loop.get();
    if (auto added = loop->add(loop->wake_.get(), EPOLLIN, [self](std::uint32_t) { self->drain_posted(); }); !added)
        return added.error();
    return loop;
}

Loop::~Loop() = default;

Status Loop::add(int fd, std::uint32_t events, Ready ready) {
    if (by_fd_.contains(fd)) return Error{"descriptor is in the loop already", EEXIST, {}};
    const std::uint64_t number = next_source_++;
    epoll_event event{};
    event.events = events;
    event.data.u64 = number;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return errno_error("cannot watch a descriptor");
    sources_.emplace(number, std::make_shared<Source>(Source{fd, std::move(ready), Fd{}}));
    by_fd_.emplace(fd, number);
    return success();
}

Status Loop::modify(int fd, std::uint32_t events) {
    const auto found = by_fd_.find(fd);
    if (found == by_fd_.end()) return Error{"descriptor is not in the loop", ENOENT, {}};
    epoll_event event{};
    event.events = events;
    event.data.u64 = found->second;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) return errno_error("cannot watch a descriptor");
    return success();
}

void Loop::remove(int fd) {
    const auto found = by_fd_.find(fd);
    if (found == by_fd_.end()) return;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    sources_.erase(found->second);
    by_fd_.erase(found);
}

Result<Loop::Timer> Loop::add_timer(std::uint64_t delay_ns, std::uint64_t interval_ns, Callback callback) {
    Fd fd(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!fd) return errno_error("cannot make a timer");
    if (auto armed = arm(fd.get(), delay_ns, interval_ns); !armed) return armed.error();
    const int number = fd.get();
    auto added = add(number, EPOLLIN, [number, callback = std::move(callback)](std::uint32_t) {
        std::uint64_t ticks = 0;
        // Set again or taken by nobody else: an early wake-up is no tick.
        if (::read(number, &ticks, sizeof ticks) == sizeof ticks) callback();
    });
    if (!added) return added.error();
    const std::uint64_t id = by_fd_.at(number);
    sources_.at(id)->owned = std::move(fd);
    return static_cast<Timer>(id);
}

Status Loop::set_timer(Timer timer, std::uint64_t delay_ns, std::uint64_t interval_ns) {
    const auto found = sources_.find(static_cast<std::uint64_t>(timer));
    if (found == sources_.end()) return Error{"no such timer", ENOENT, {}};
    return arm(found->second->fd, delay_ns, interval_ns);
}

void Loop::remove_timer(Timer timer) {
    if (const auto found = sources_.find(static_cast<std::uint64_t>(timer)); found != sources_.end())
        remove(found->second->fd);
}

Status Loop::add_signals(std::initializer_list<int> signals, SignalCallback callback) {
    if (signals_) return Error{"the loop takes signals already", EEXIST, {}};
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals) sigaddset(&set, signal);
    if (const int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0)
        return errno_error("cannot block signals", error);
    signals_ = Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) return errno_error("cannot make a signalfd");
    return add(signals_.get(), EPOLLIN, [fd = signals_.get(), callback = std::move(callback)](std::uint32_t) {
        signalfd_siginfo info{};
        while (::read(fd, &info, sizeof info) == sizeof info) callback(info);
    });
}

void Loop::post(Callback work) {
    {
        const std::lock_guard lock(posted_mutex_);
        posted_.push_back(std::move(work));
    }
    const std::uint64_t one = 1;
    // EAGAIN means that the counter is full: the loop wakes anyway.
    [[maybe_unused]] const ssize_t put = ::write(wake_.get(), &one, sizeof one);
}

void Loop::drain_posted() {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof count);
    std::vector<Callback> work;
    {
        const std::lock_guard lock(posted_mutex_);
        work.swap(posted_);
    }
    for (const Callback& one : work) one();
}

Status Loop::run_once(int timeout_ms) {
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
    if (count < 0 && errno == EINTR) return success();
    if (count < 0) return errno_error("cannot wait for events");
    for (int i = 0; i < count; i++) {
        const epoll_event event = events[static_cast<std::size_t>(i)];
        const std::uint64_t number = event.data.u64;  // a copy: the struct is packed
        const auto found = sources_.find(number);
        if (found == sources_.end()) continue;  // removed by a callback of this round
        const std::shared_ptr<Source> source = found->second;  // outlives its own removal
        source->ready(event.events);
    }
    return success();
}

Status Loop::run() {
    while (!stopping_.exchange(false))
        if (auto round = run_once(-1); !round) return round;
    return success();
}

void Loop::stop() {
    stopping_ = true;
    post([] {});
}

}  // namespace quell
