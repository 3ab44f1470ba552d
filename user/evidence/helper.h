// SPDX-License-Identifier: Apache-2.0
// The daemon's side of quell-evidence: starts it, answers what it asks, and
// ends it when its time is over. Blocks: not for the loop's thread.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <string>

#include "user/evidence/order.h"
#include "user/evidence/take.h"

namespace quell::evidence {

// Asked of the kernel side: is that descriptor of that process of the order's file?
using IsObjectOf = std::function<Result<bool>(pid_t helper, int fd)>;

// What came of it; a helper that ended, or did not in time, has left nothing. `ending`: set when the daemon ends, and nobody
// waits any more.
[[nodiscard]] Taken take_by_helper(const std::string& program, const Order& order, const IsObjectOf& is_object, const std::atomic<bool>* ending = nullptr);

}  // namespace quell::evidence
