// SPDX-License-Identifier: Apache-2.0
#include "user/notify/service.h"

#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>

#include "user/notify/datagram.h"

namespace quell::notify {
namespace {

std::optional<std::uint64_t> number(const char* text) {
    if (text == nullptr) return std::nullopt;
    const std::string_view digits(text);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    return line;
}

}  // namespace

Service Service::from_environment() {
    Service service;
    if (const char* address = std::getenv("NOTIFY_SOCKET")) service.address_ = address;
    const auto usec = number(std::getenv("WATCHDOG_USEC"));
    const auto pid = number(std::getenv("WATCHDOG_PID"));
    if (usec && *usec < UINT64_MAX / 1000 && (!pid || *pid == static_cast<std::uint64_t>(::getpid())))
        service.watchdog_interval_ns_ = *usec * 1000 / 2;
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    return service;
}

Status Service::ready(std::string_view status) const { return send("READY=1\nSTATUS=" + one_line(status)); }

Status Service::reloading() const {
    // Without the time systemd 253+ would take the READY=1 of an earlier
    // reload for the answer. It wants CLOCK_MONOTONIC.
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const std::int64_t usec = now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
    return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(usec));
}

Status Service::stopping() const { return send("STOPPING=1"); }
Status Service::status(std::string_view text) const { return send("STATUS=" + one_line(text)); }
Status Service::watchdog() const { return send("WATCHDOG=1"); }

Status Service::send(std::string_view message) const {
    if (address_.empty()) return success();
    return send_datagram(address_, message);
}

}  // namespace quell::notify
