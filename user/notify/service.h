// SPDX-License-Identifier: Apache-2.0
// Service: the state notifications that a service manager waits for
// (sd_notify(3)), spoken directly. Without NOTIFY_SOCKET every call does
// nothing and succeeds: quelld also runs from a shell. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "user/base/result.h"

namespace quell::notify {

class Service {
public:
    // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them
    // out of the environment, so that no child speaks in the daemon's name.
    // Call before other threads exist.
    [[nodiscard]] static Service from_environment();

    [[nodiscard]] Status ready(std::string_view status) const;
    [[nodiscard]] Status reloading() const;
    [[nodiscard]] Status stopping() const;
    // One line for `systemctl status`; control characters become spaces.
    [[nodiscard]] Status status(std::string_view text) const;
    [[nodiscard]] Status watchdog() const;

    // How often watchdog() must be called: half of what the manager allows,
    // 0 where it does not watch this process.
    [[nodiscard]] std::uint64_t watchdog_interval_ns() const { return watchdog_interval_ns_; }
    [[nodiscard]] bool managed() const { return !address_.empty(); }

private:
    [[nodiscard]] Status send(std::string_view message) const;

    std::string address_;
    std::uint64_t watchdog_interval_ns_ = 0;
};

}  // namespace quell::notify
