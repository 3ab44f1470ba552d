// SPDX-License-Identifier: Apache-2.0
// Delivery: a thread that sends what waits for one target, in order, each
// message until it was taken: at least once. What the target says it can never
// take is given up, counted and logged. Ends with the queue's stop().
#pragma once

#include <atomic>
#include <thread>

#include "user/notifier/queue.h"
#include "user/notifier/sender.h"

namespace quell::notifier {

class Delivery {
public:
    Delivery(Queue& queue, Target target);
    Delivery(const Delivery&) = delete;
    Delivery& operator=(const Delivery&) = delete;
    ~Delivery();  // after stop() of the queue

    // Seconds since 1970, 0: not since the start.
    [[nodiscard]] std::int64_t last_sent_s() const { return last_sent_s_; }

private:
    void send_all();
    // Milliseconds until the next try, 0: at once.
    [[nodiscard]] std::uint64_t try_one(Sender& sender, const Message& message);

    Queue& queue_;
    const Target target_;
    std::atomic<std::int64_t> last_sent_s_ = 0;
    std::uint32_t failures_ = 0;  // in a row
    std::thread thread_;
};

}  // namespace quell::notifier
