// SPDX-License-Identifier: Apache-2.0
// Follower: keeps up with the daemon. Watch says that there is something new;
// what it is is read by History from where the queue's cursor stands, so that
// nothing is missed while either of them is away. At its very first start it
// begins with what happens from then on. Ends when `stop` is readable.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "user/base/fd.h"
#include "user/control/client.h"
#include "user/notifier/config.h"
#include "user/notifier/message.h"
#include "user/notifier/queue.h"

namespace quell::notifier {

class Follower {
public:
    Follower(const Config& config, Queue& queue, int stop);
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    // Until `stop` is readable; on the caller's thread, with one more that listens.
    void run();

    [[nodiscard]] bool is_connected() const { return connected_; }
    // Rows that the history had removed before they were read.
    [[nodiscard]] std::uint64_t missed() const { return missed_; }

private:
    void listen();
    // False: the daemon or the queue could not be asked; try again later.
    [[nodiscard]] bool read_rows();
    [[nodiscard]] bool begin();
    [[nodiscard]] bool take(const Json& reply, std::uint64_t cursor, std::uint64_t& next);
    [[nodiscard]] std::optional<Json> ask(const Json& parameters);
    void say(const std::string& trouble);

    const Config& config_;
    Queue& queue_;
    const int stop_;
    const std::string host_;
    Fd news_;  // eventfd: Watch has told something
    control::Client client_;
    std::string trouble_;  // as last said
    bool is_late_ = false;  // was said: at its first start it could not see where the history ends
    std::atomic<bool> connected_ = false;
    std::atomic<std::uint64_t> missed_ = 0;
};

}  // namespace quell::notifier
