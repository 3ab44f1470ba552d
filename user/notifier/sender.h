// SPDX-License-Identifier: Apache-2.0
// Sender: one message to one target by HTTP, and what came of it. Certificates
// are checked, redirections are not followed, what the target answers is
// thrown away. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "user/notifier/config.h"
#include "user/notifier/queue.h"

namespace quell::notifier {

struct Attempt {
    bool taken = false;    // an answer of 2xx
    bool refused = false;  // it says that this message can never be taken (400, 413, 422)
    std::optional<std::uint64_t> retry_after_s;  // as the target asked for
    std::string text;  // for the log, escaped
};

class Sender {
public:
    // `stopping` is asked while a message is on its way: true ends it.
    Sender(Target target, std::function<bool()> stopping);
    ~Sender();
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    // `dropped`: messages that this target will never get, told with each.
    [[nodiscard]] Attempt send(const Message& message, std::uint64_t dropped);

private:
    struct Curl;
    const Target target_;
    const std::function<bool()> stopping_;
    std::unique_ptr<Curl> curl_;
};

// How long to wait after so many failures in a row: twice as long each time
// from a second to five minutes, and of that a random part of at least half,
// so that many hosts do not come back at one moment. `random`: 0 to 1. What
// the target asked for is kept to, up to an hour.
[[nodiscard]] std::uint64_t backoff_ms(std::uint32_t failures, const std::optional<std::uint64_t>& retry_after_s, double random);

}  // namespace quell::notifier
