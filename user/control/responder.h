// SPDX-License-Identifier: Apache-2.0
// Responder: the right, and the duty, to answer one call. It may be kept and
// answered later, also after its client has gone (then nothing is sent). Of a
// call that asked for more it may send any number of replies before the last.
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
    // Takes one message that is not the last; an empty one only asks. False: nobody listens any more.
    using SendMore = std::function<bool(std::string message)>;

    // `oneway`: no reply is wanted, none is made, and `send` takes an empty message.
    explicit Responder(Send send, SendMore send_more = nullptr, bool oneway = false) : send_(std::move(send)), send_more_(std::move(send_more)), oneway_(oneway) {}
    Responder(Responder&& other) noexcept
        : send_(std::exchange(other.send_, nullptr)), send_more_(std::exchange(other.send_more_, nullptr)), oneway_(other.oneway_) {}
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

    // The call said that it takes several replies.
    [[nodiscard]] bool wants_more() const { return send_ && send_more_; }
    // Its client is there and takes more.
    [[nodiscard]] bool is_listening() const { return wants_more() && send_more_({}); }
    // A reply that is not the last. False: nobody listens any more, because
    // the client has gone or, being too slow, was told so (io.quell.TooSlow);
    // then this responder has done its duty.
    [[nodiscard]] bool reply_more(const Json& parameters);
    // The same with a more_message() that was made for several of them.
    [[nodiscard]] bool send_more(std::string message);

private:
    void send(std::string message);

    Send send_;
    SendMore send_more_;
    bool oneway_;
};

}  // namespace quell::control
