// SPDX-License-Identifier: Apache-2.0
#include "user/base/worker.h"

#include <gtest/gtest.h>

#include <future>

namespace quell {
namespace {

TEST(Worker, ResultsComeBackOnTheLoopInOrder) {
    auto loop = *Loop::create();
    Worker worker(*loop, "test-worker", 200);
    const auto here = std::this_thread::get_id();
    std::vector<int> results;
    for (int i = 0; i < 100; i++) {
        const Status submitted = worker.submit(
            [=] {
                EXPECT_NE(std::this_thread::get_id(), here);
                return std::make_unique<int>(i);
            },
            [&](std::unique_ptr<int> result) {
                EXPECT_EQ(std::this_thread::get_id(), here);
                results.push_back(*result);
                if (results.size() == 100) loop->stop();
            });
        ASSERT_TRUE(submitted.ok());
    }
    ASSERT_TRUE(loop->run().ok());
    for (int i = 0; i < 100; i++) EXPECT_EQ(results[static_cast<std::size_t>(i)], i);
}

TEST(Worker, OneThatWaitsHoldsUpNoOtherWhereThereAreMoreThreads) {
    auto loop = *Loop::create();
    std::promise<void> go;  // before the worker: its job uses it until it is joined
    std::future<void> gone = go.get_future();
    Worker worker(*loop, "test-worker", 10, 2);
    std::vector<int> results;
    const auto note = [&](int result) {
        results.push_back(result);
        if (results.size() == 1) go.set_value();
        else loop->stop();
    };
    ASSERT_TRUE(worker.submit([&] { return gone.wait(), 1; }, note).ok());
    ASSERT_TRUE(worker.submit([] { return 2; }, note).ok());
    ASSERT_TRUE(loop->run().ok());
    EXPECT_EQ(results, (std::vector<int>{2, 1}));
}

TEST(Worker, IsBounded) {
    auto loop = *Loop::create();
    // Before the worker: its job uses them until it is joined.
    std::promise<void> started;
    std::promise<void> go;
    std::future<void> gone = go.get_future();
    Worker worker(*loop, "test-worker", 2);
    ASSERT_TRUE(worker.submit([&] {
        started.set_value();
        gone.wait();
    }).ok());
    started.get_future().wait();
    EXPECT_TRUE(worker.submit([] {}).ok());
    EXPECT_TRUE(worker.submit([] {}).ok());
    EXPECT_EQ(worker.waiting(), 2u);
    EXPECT_EQ(worker.submit([] {}).error().code, EAGAIN);
    go.set_value();
}

}  // namespace
}  // namespace quell
