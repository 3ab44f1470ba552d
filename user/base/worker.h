// SPDX-License-Identifier: Apache-2.0
// Worker: threads in the background for what may block (arming, sweeps, the
// disk), so that the event loop never does. Jobs begin in the order of
// submission, with one thread they run one after the other; what each returns
// is handed to its `done` on the loop's thread.
#pragma once

#include <semaphore.h>

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "user/base/loop.h"
#include "user/base/result.h"

namespace quell {

class Worker {
public:
    // The loop must outlive the worker. `name` (15 bytes) is what ps and top show.
    Worker(Loop& loop, const std::string& name, std::size_t max_jobs, std::size_t threads = 1);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    // Waits for jobs that run and drops those that wait. A `done` that was
    // posted by then still runs on the loop.
    ~Worker();

    // EAGAIN when `max_jobs` wait already. Thread-safe.
    template <typename Job, typename Done>
    [[nodiscard]] Status submit(Job job, Done done) {
        return enqueue([this, job = std::move(job), done = std::move(done)]() mutable {
            // shared: std::function wants what it holds to be copyable
            auto result = std::make_shared<decltype(job())>(job());
            loop_.post([result, done = std::move(done)]() mutable { done(std::move(*result)); });
        });
    }
    // A job without a result.
    [[nodiscard]] Status submit(std::function<void()> job) { return enqueue(std::move(job)); }

    [[nodiscard]] std::size_t waiting() const;

private:
    Status enqueue(std::function<void()> job);
    void work();

    Loop& loop_;
    const std::size_t max_jobs_;
    mutable std::mutex mutex_;
    sem_t ready_{};  // one for each job. A condition variable's signal may wait for a thread that was woken before and has no CPU yet
    std::deque<std::function<void()>> jobs_;
    bool ending_ = false;
    std::vector<std::thread> threads_;  // last: they use all of the above
};

}  // namespace quell
