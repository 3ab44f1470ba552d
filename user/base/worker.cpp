// SPDX-License-Identifier: Apache-2.0
#include "user/base/worker.h"

#include <pthread.h>
#include <signal.h>

#include <cerrno>

namespace quell {

Worker::Worker(Loop& loop, const std::string& name, std::size_t max_jobs, std::size_t threads) : loop_(loop), max_jobs_(max_jobs) {
    (void)::sem_init(&ready_, 0, 0);  // fails of shared ones and beyond its highest value only
    for (std::size_t i = 0; i < threads; i++) {
        threads_.emplace_back([this] { work(); });
        ::pthread_setname_np(threads_.back().native_handle(), name.substr(0, 15).c_str());
    }
}

Worker::~Worker() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        jobs_.clear();
    }
    for (std::size_t i = 0; i < threads_.size(); i++) (void)::sem_post(&ready_);
    for (auto& thread : threads_) thread.join();
    (void)::sem_destroy(&ready_);
}

std::size_t Worker::waiting() const {
    const std::lock_guard lock(mutex_);
    return jobs_.size();
}

Status Worker::enqueue(std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        if (jobs_.size() >= max_jobs_) return Error{"too many jobs wait for the background thread", EAGAIN, {}};
        jobs_.push_back(std::move(job));
    }
    (void)::sem_post(&ready_);
    return success();
}

void Worker::work() {
    // Signals are the loop's.
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    for (;;) {
        while (::sem_wait(&ready_) && errno == EINTR) {}
        std::unique_lock lock(mutex_);
        if (ending_) return;
        const std::function<void()> job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
    }
}

}  // namespace quell
