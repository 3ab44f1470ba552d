// SPDX-License-Identifier: Apache-2.0
// The daemon's status and the notifier's own numbers in the text format of
// Prometheus, version 0.0.4. Functions only; thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "user/notifier/message.h"
#include "user/notifier/queue.h"

namespace quell::notifier {

inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

struct OwnNumbers {
    std::map<std::string, TargetCounts> targets;
    std::map<std::string, std::int64_t> last_sent_s;  // 0: not since the start
    std::uint64_t queue_max = 0;
    bool connected = false;
    std::uint64_t cursor = 0;
    std::uint64_t missed = 0;
};

// `status`: StatusInfo, nothing where the daemon does not answer: then only
// quell_up says so, and what it would tell is absent.
[[nodiscard]] std::string metrics_text(const std::optional<Json>& status, const OwnNumbers& own);

}  // namespace quell::notifier
