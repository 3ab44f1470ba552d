// SPDX-License-Identifier: Apache-2.0
// Exporter: GET /metrics on a Unix socket, and on a port of 127.0.0.1 where
// one is given. It has a thread of libmicrohttpd's for each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "user/base/result.h"

namespace quell::notifier {

class Exporter {
public:
    // `text` is called on those threads, for each that asks.
    // `socket`: mode 0660; "": none. `port`: 0: none.
    // Errors: those of control::Listener::create and of bind(2).
    [[nodiscard]] static Result<std::unique_ptr<Exporter>> start(const std::string& socket, std::uint16_t port, std::function<std::string()> text);
    ~Exporter();
    Exporter(const Exporter&) = delete;
    Exporter& operator=(const Exporter&) = delete;

private:
    struct Parts;
    explicit Exporter(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace quell::notifier
