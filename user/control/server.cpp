// SPDX-License-Identifier: Apache-2.0
#include "user/control/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <exception>

#include "user/base/log.h"
#include "user/base/time.h"
#include "user/control/interface.h"
#include "user/control/standard.h"

namespace quell::control {

namespace {
constexpr int kAcceptsPerRound = 16;  // then others get their turn

// What the interface file says in words: its types have no bounds. The name
// of the parameter that is too long.
std::optional<std::string> too_long(const Json& parameters) {
    for (const char* name : {"reason", "text", "confirm"})
        if (const Json& value = member(parameters, name); value.is_string() && value.get_ref<const std::string&>().size() > kReasonSizeMax) return name;
    return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::create(Loop& loop, Service& service, ServerOptions options) {
    auto listener = Listener::create(options.path, options.mode, options.operators);
    if (!listener) return listener.error();
    if (!options.identify)
        options.identify = [record = options.record](int fd) { return socket_peer(fd, record); };
    std::unique_ptr<Server> server(new Server(loop, service, std::move(options), std::move(listener).value()));
    auto tick = loop.add_timer(server->options_.limits.check_ns, server->options_.limits.check_ns,
                               [raw = server.get()] { raw->on_tick(); });
    if (!tick) return tick.error();
    server->tick_ = *tick;
    auto added = loop.add(server->listener_.fd(), EPOLLIN, [raw = server.get()](std::uint32_t) { raw->on_accept(); });
    if (!added) return added.error();
    return server;
}

Server::Server(Loop& loop, Service& service, ServerOptions options, Listener listener)
    : loop_(loop), service_(service), options_(std::move(options)), listener_(std::move(listener)),
      refusals_(options_.limits.refusal_ns, options_.on_refused) {}

Server::~Server() {
    loop_.remove(listener_.fd());
    if (tick_) loop_.remove_timer(*tick_);
    connections_.clear();
    refusals_.flush();
}

void Server::on_accept() {
    for (int i = 0; i < kAcceptsPerRound; i++) {
        Fd fd(accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd) {
            if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
            // The listener stays readable: without a pause this would spin.
            log::error(errno_error("cannot accept a control connection").message);
            paused_ = static_cast<bool>(loop_.modify(listener_.fd(), 0));
            return;
        }
        auto peer = options_.identify(fd.get());
        if (!peer) {
            log::warn("control connection dropped: " + peer.error().message);
            continue;
        }
        if (!has_room(*peer)) {
            if (!has_role(*peer)) refusals_.add(*peer, errors::kTooManyConnections, boottime_ns());
            const std::string full = error_message(errors::kFailed, Json{{"reason", errors::kTooManyConnections}});
            [[maybe_unused]] const ssize_t sent = send(fd.get(), full.data(), full.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            continue;
        }
        ConnectionLimits limits = options_.limits.connection;
        if (!has_role(*peer)) limits.call_size = std::min(limits.call_size, options_.limits.stranger_call_size);
        const int number = fd.get();
        auto connection = std::make_shared<Connection>(
            loop_, std::move(fd), std::move(peer).value(), limits,
            [this](const Peer& who, Call call, Responder responder) { on_call(who, std::move(call), std::move(responder)); },
            [this](int closed) { connections_.erase(closed); });
        if (auto started = connection->start(); !started)
            log::warn("control connection dropped: " + started.error().message);
        else
            connections_[number] = std::move(connection);
    }
}

bool Server::has_room(const Peer& peer) const {
    const ServerLimits& limits = options_.limits;
    const auto held_by = [&](auto matches) {
        return static_cast<std::size_t>(std::ranges::count_if(connections_, [&](const auto& one) { return matches(one.second->peer()); }));
    };
    const bool is_root = peer.uid == 0;
    if (connections_.size() >= limits.connections - (is_root ? 0 : limits.kept_for_root)) return false;
    if (held_by([&](const Peer& other) { return other.uid == peer.uid; }) >= limits.per_uid) return false;
    if (has_role(peer)) return true;
    return held_by([&](const Peer& other) { return !has_role(other); }) < limits.strangers;
}

void Server::on_call(const Peer& peer, Call call, Responder responder) {
    if (call.upgrade) return responder.error(errors::kInvalidParameter, {{"parameter", "upgrade"}});
    if (call.interface == kStandardInterface) return answer_standard(call, std::move(responder));
    if (!has_role(peer)) {
        refusals_.add(peer, call.full_name(), boottime_ns());
        return responder.error(errors::kNotAllowed,
                               {{"reason", "uid " + std::to_string(peer.uid) + " has no role here: it is neither root nor in a group of /etc/quell/quell.yaml"}});
    }
    const Interface& interface = quell_interface();
    if (call.interface != interface.name) return responder.error(errors::kInterfaceNotFound, {{"interface", call.interface}});
    const auto method = interface.methods.find(call.method);
    if (method == interface.methods.end()) return responder.error(errors::kMethodNotFound, {{"method", call.full_name()}});
    if (const auto bad = mismatch(interface, method->second.in, call.parameters))
        return responder.error(errors::kInvalidParameter, {{"parameter", *bad}});
    if (const auto bad = too_long(call.parameters)) return responder.error(errors::kInvalidParameter, {{"parameter", *bad}});
    try {
        service_.call(call.method, call.parameters, peer, std::move(responder));
    } catch (const std::exception& thrown) {
        // Its responder has answered on its way out.
        log::error("call of " + call.method + " failed: " + thrown.what());
    }
}

void Server::on_tick() {
    if (paused_) paused_ = !loop_.modify(listener_.fd(), EPOLLIN);
    const std::uint64_t now = boottime_ns();
    refusals_.on_tick(now);
    const auto open = connections_;  // a connection that closes leaves the map
    for (const auto& [fd, connection] : open) connection->check_time(now);
}

}  // namespace quell::control
