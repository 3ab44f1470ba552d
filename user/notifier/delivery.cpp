// SPDX-License-Identifier: Apache-2.0
#include "user/notifier/delivery.h"

#include <ctime>
#include <random>

#include "user/base/log.h"
#include "user/base/time.h"

namespace quell::notifier {
namespace {

constexpr std::uint64_t kIdleMs = 60'000;
constexpr std::uint64_t kBrokenQueueMs = 5'000;

}  // namespace

Delivery::Delivery(Queue& queue, Target target) : queue_(queue), target_(std::move(target)), thread_([this] { send_all(); }) {}

Delivery::~Delivery() { thread_.join(); }

void Delivery::send_all() {
    Sender sender(target_, [this] { return queue_.is_stopping(); });
    std::uint64_t seen = 0;
    while (!queue_.is_stopping()) {
        auto next = queue_.front(target_.name);
        std::uint64_t pause_ms = 0;
        if (!next) {
            log::error(next.error().message);
            pause_ms = kBrokenQueueMs;
        } else if (*next) {
            pause_ms = try_one(sender, **next);
        } else if (!queue_.wait(kIdleMs, &seen)) {
            return;
        }
        if (pause_ms != 0 && !queue_.wait(pause_ms)) return;
    }
}

std::uint64_t Delivery::try_one(Sender& sender, const Message& message) {
    const auto attempt = sender.send(message, queue_.counts()[target_.name].dropped);
    if (queue_.is_stopping() && !attempt.taken) return 0;
    if (attempt.taken || attempt.refused) {
        if (attempt.refused) log::error("target " + target_.name + " refuses message " + message.id + ": " + attempt.text);
        else if (failures_ != 0) log::info("target " + target_.name + " takes messages again");
        failures_ = 0;
        if (attempt.taken) last_sent_s_ = std::time(nullptr);
        // One that cannot be taken off the queue is sent again: at least once.
        const auto finished = queue_.finish(target_.name, message.number, attempt.taken ? Counted::Sent : Counted::Refused);
        if (finished) return 0;
        log::error(finished.error().message);
        return kBrokenQueueMs;
    }
    thread_local std::minstd_rand random{std::random_device{}()};
    failures_++;
    queue_.count_failure(target_.name);
    const auto pause_ms = backoff_ms(failures_, attempt.retry_after_s, std::uniform_real_distribution<double>(0, 1)(random));
    // The first is said, and then one for each doubling.
    if ((failures_ & (failures_ - 1)) == 0)
        log::warn("target " + target_.name + " took nothing, try " + std::to_string(failures_) + ": " + attempt.text + "; the next in " +
                  duration_text(static_cast<std::int64_t>(pause_ms) * 1'000'000));
    return pause_ms;
}

}  // namespace quell::notifier
