// SPDX-License-Identifier: Apache-2.0
#include "user/notifier/notifier.h"

#include <deque>
#include <mutex>

#include "user/base/time.h"
#include "user/control/client.h"
#include "user/notifier/delivery.h"
#include "user/notifier/exporter.h"
#include "user/notifier/follower.h"
#include "user/notifier/metrics.h"

namespace quell::notifier {
namespace {

constexpr std::uint64_t kStatusMs = 5'000;
constexpr std::uint64_t kStatusAgeNs = 1'000'000'000;  // however many ask, the daemon is asked once a second

// The daemon's status for whoever scrapes. Thread-safe.
class LastStatus {
public:
    explicit LastStatus(std::string socket) : socket_(std::move(socket)) {}

    std::optional<Json> get() {
        const std::lock_guard lock(mutex_);
        if (asked_ns_ != 0 && boottime_ns() - asked_ns_ < kStatusAgeNs) return status_;
        // A new connection: the daemon closes one that is silent for as long as Prometheus may be.
        auto result = control::Client(socket_).call("Status", Json::object(), kStatusMs);
        status_.reset();
        if (result.outcome == control::CallOutcome::Reply) status_ = control::member(result.parameters, "status");
        asked_ns_ = boottime_ns();
        return status_;
    }

private:
    std::mutex mutex_;
    const std::string socket_;
    std::optional<Json> status_;
    std::uint64_t asked_ns_ = 0;
};

// However it ends: the deliveries wait for that.
struct AtEnd {
    Queue& queue;
    ~AtEnd() { queue.stop(); }
};

}  // namespace

Status run(const Config& config, int stop) {
    std::vector<std::string> names;
    for (const auto& target : config.targets) names.push_back(target.name);
    auto queue = Queue::open(config.queue_path, config.queue_max, names);
    if (!queue) return queue.error();
    std::deque<Delivery> deliveries;
    const AtEnd at_end{**queue};
    Follower follower(config, **queue, stop);
    LastStatus last(config.daemon_socket);
    const auto text = [&] {
        OwnNumbers own;
        own.targets = (*queue)->counts();
        for (std::size_t i = 0; i < names.size(); i++) own.last_sent_s[names[i]] = deliveries[i].last_sent_s();
        own.queue_max = config.queue_max;
        const auto cursor = (*queue)->cursor();  // none before the very first read: what happens until then is not sent
        own.connected = follower.is_connected() && cursor.has_value();
        own.cursor = cursor.value_or(0);
        own.missed = follower.missed();
        return metrics_text(last.get(), own);
    };
    for (const auto& target : config.targets) deliveries.emplace_back(**queue, target);
    auto exporter = Exporter::start(config.metrics_socket, config.metrics_port, text);
    if (!exporter) return exporter.error();
    follower.run();
    return success();
}

}  // namespace quell::notifier
