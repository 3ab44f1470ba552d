// SPDX-License-Identifier: Apache-2.0
// The notifier: follower, queue, deliveries and exporter together.
#pragma once

#include "user/notifier/config.h"

namespace quell::notifier {

// Until `stop` is readable. Errors: of the queue's file and of the metrics'
// sockets; a daemon or a target that is away is none.
[[nodiscard]] Status run(const Config& config, int stop);

}  // namespace quell::notifier
