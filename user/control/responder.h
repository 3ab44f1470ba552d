// SPDX-License-Identifier: Apache-2.0
// Responder: the right, and the duty, to answer one call. It may be kept and
// answered later, also after its client has gone (then nothing is sent).
// Move-only; belongs to the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "user/control/json.h"

namespace quell::control {

class [[nodiscard]] Responder {
public:
    // Takes the finished message; called once.
    using Send = std::function<void(std::string message)>;

    explicit Responder(Send send) : send_(std::move(send)) {}
    Responder(Responder&& other) noexcept : send_(std::exchange(other.send_, nullptr)) {}
    Responder& operator=(Responder&& other) noexcept;
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;
    // A call that nobody answered is answered with io.quell.Failed: a bug
    // shows at the client and leaves no connection waiting.
    ~Responder();

    // The first of these answers; later ones do nothing. `parameters` is an
    // object as docs/io.quell.varlink describes it.
    void reply(const Json& parameters);
    void error(std::string_view name, const Json& parameters = Json::object());
    // io.quell.Failed
    void fail(std::string_view reason);

private:
    void send(std::string message);

    Send send_;
};

}  // namespace quell::control
