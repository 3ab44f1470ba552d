// SPDX-License-Identifier: Apache-2.0
// One datagram to a Unix socket, never waited for. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "user/base/result.h"

namespace quell::notify {

// `address`: an absolute path, or "@name" for an abstract socket. Errors:
// EINVAL (no such form), those of socket(2) and sendto(2); EAGAIN when the
// receiver's queue is full.
[[nodiscard]] Status send_datagram(const std::string& address, std::string_view data);

}  // namespace quell::notify
