// SPDX-License-Identifier: Apache-2.0
#include "user/control/responder.h"

#include "user/control/varlink.h"

namespace quell::control {

Responder& Responder::operator=(Responder&& other) noexcept {
    if (this != &other) {
        if (send_) fail("the call was dropped");
        send_ = std::exchange(other.send_, nullptr);
        send_more_ = std::exchange(other.send_more_, nullptr);
        oneway_ = other.oneway_;
    }
    return *this;
}

Responder::~Responder() {
    if (send_) fail("the call was dropped");
}

void Responder::reply(const Json& parameters) { send(oneway_ ? std::string{} : reply_message(parameters)); }

void Responder::error(std::string_view name, const Json& parameters) { send(oneway_ ? std::string{} : error_message(name, parameters)); }

void Responder::fail(std::string_view reason) { error(errors::kFailed, Json{{"reason", reason}}); }

bool Responder::reply_more(const Json& parameters) { return send_more(more_message(parameters)); }

bool Responder::send_more(std::string message) {
    if (!wants_more()) return false;
    if (message.size() <= kReplySizeMax && send_more_(std::move(message))) return true;
    if (is_listening()) fail("the answer is too large");
    send_ = nullptr;
    return false;
}

void Responder::send(std::string message) {
    if (!send_) return;
    if (message.size() > kReplySizeMax) message = error_message(errors::kFailed, Json{{"reason", "the answer is too large"}});
    std::exchange(send_, nullptr)(std::move(message));
}

}  // namespace quell::control
