// SPDX-License-Identifier: Apache-2.0
#include "user/base/loop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/eventfd.h>

#include <thread>

namespace quell {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;

class LoopTest : public testing::Test {
protected:
    std::unique_ptr<Loop> loop_ = *Loop::create();
};

TEST_F(LoopTest, CallsAndRemoves) {
    const Fd fd(::eventfd(1, EFD_NONBLOCK));
    int calls = 0;
    ASSERT_TRUE(loop_->add(fd.get(), EPOLLIN, [&](std::uint32_t events) {
        EXPECT_EQ(events, static_cast<std::uint32_t>(EPOLLIN));
        calls++;
    }).ok());
    EXPECT_EQ(loop_->add(fd.get(), EPOLLIN, [](std::uint32_t) {}).error().code, EEXIST);
    ASSERT_TRUE(loop_->run_once(1000).ok());
    EXPECT_EQ(calls, 1);
    ASSERT_TRUE(loop_->modify(fd.get(), 0).ok());
    ASSERT_TRUE(loop_->run_once(0).ok());
    EXPECT_EQ(calls, 1);
    loop_->remove(fd.get());
    loop_->remove(fd.get());
    EXPECT_EQ(loop_->modify(fd.get(), EPOLLIN).error().code, ENOENT);
}

TEST_F(LoopTest, ACallbackMayRemoveItselfAndOthers) {
    std::array<Fd, 8> fds;
    int calls = 0;
    for (Fd& fd : fds) {
        fd = Fd(::eventfd(1, EFD_NONBLOCK));
        ASSERT_TRUE(loop_->add(fd.get(), EPOLLIN, [&](std::uint32_t) {
            calls++;
            for (Fd& other : fds) {
                loop_->remove(other.get());
                other.reset();
            }
            // Likely to get the number of one whose event has been fetched.
            fds[0] = Fd(::eventfd(0, EFD_NONBLOCK));
            ASSERT_TRUE(loop_->add(fds[0].get(), EPOLLIN, [&](std::uint32_t) { calls += 100; }).ok());
        }).ok());
    }
    ASSERT_TRUE(loop_->run_once(1000).ok());
    ASSERT_TRUE(loop_->run_once(0).ok());
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, Timers) {
    int once = 0;
    int often = 0;
    auto first = loop_->add_timer(0, 0, [&] { once++; });
    ASSERT_TRUE(first.ok());
    std::optional<Loop::Timer> second;
    auto added = loop_->add_timer(kMillisecond, kMillisecond, [&] {
        if (++often == 3) {
            loop_->remove_timer(*second);
            loop_->stop();
        }
    });
    ASSERT_TRUE(added.ok());
    second = *added;
    ASSERT_TRUE(loop_->run().ok());
    EXPECT_EQ(once, 1);
    EXPECT_EQ(often, 3);
    ASSERT_TRUE(loop_->set_timer(*first, 0, 0).ok());
    ASSERT_TRUE(loop_->run_once(1000).ok());
    EXPECT_EQ(once, 2);
    EXPECT_EQ(loop_->set_timer(*second, 0, 0).error().code, ENOENT);
}

TEST_F(LoopTest, PostsFromManyThreadsInOrder) {
    std::vector<int> seen;
    std::array<int, 4> last{};
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < last.size(); thread++)
        threads.emplace_back([&, thread] {
            for (int i = 1; i <= 500; i++)
                loop_->post([&, thread, i] {
                    EXPECT_EQ(last[thread], i - 1);
                    last[thread] = i;
                    seen.push_back(i);
                    if (seen.size() == 2000) loop_->stop();
                });
        });
    ASSERT_TRUE(loop_->run().ok());
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(seen.size(), 2000u);
}

TEST_F(LoopTest, Signals) {
    int got = 0;
    ASSERT_TRUE(loop_->add_signals({SIGUSR1}, [&](const signalfd_siginfo& info) {
        got = static_cast<int>(info.ssi_signo);
        loop_->stop();
    }).ok());
    ::raise(SIGUSR1);
    ASSERT_TRUE(loop_->run().ok());
    EXPECT_EQ(got, SIGUSR1);
    EXPECT_EQ(loop_->add_signals({SIGUSR2}, {}).error().code, EEXIST);
}

TEST_F(LoopTest, StopBeforeRun) {
    loop_->stop();
    EXPECT_TRUE(loop_->run().ok());
}

}  // namespace
}  // namespace quell
