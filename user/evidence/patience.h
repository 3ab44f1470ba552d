// SPDX-License-Identifier: Apache-2.0
// What a file system of a workload may hold up for ever, done on a thread of
// its own: who asked goes on without it when its time is over. The thread
// stays behind, asleep in the kernel, until the helper's process ends.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace quell::evidence {

// `job` gets a word that becomes true when nobody waits for it any more, and must own all else that it uses.
// Nothing: it was not done in time, or there is no thread to be had.
template <typename Job>
[[nodiscard]] auto within_ms(std::uint64_t ms, Job job) -> std::optional<decltype(job(std::declval<const std::atomic<bool>&>()))> {
    using Value = decltype(job(std::declval<const std::atomic<bool>&>()));
    struct Shared {
        std::mutex mutex;
        std::condition_variable done;
        std::optional<Value> value;
        std::atomic<bool> left{false};
    };
    auto shared = std::make_shared<Shared>();
    try {
        std::thread([shared, job = std::move(job)]() mutable {
            auto value = job(shared->left);
            const std::lock_guard lock(shared->mutex);
            shared->value.emplace(std::move(value));
            shared->done.notify_all();
        }).detach();
    } catch (const std::system_error&) {
        return std::nullopt;
    }
    std::unique_lock lock(shared->mutex);
    if (!shared->done.wait_for(lock, std::chrono::milliseconds(ms), [&] { return shared->value.has_value(); })) {
        shared->left = true;
        return std::nullopt;
    }
    return std::move(shared->value);
}

}  // namespace quell::evidence
