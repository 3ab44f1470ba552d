// SPDX-License-Identifier: Apache-2.0
// Server: the control interface on its socket. It accepts, limits, identifies
// and authorises clients and checks calls against docs/io.quell.varlink; what
// arrives at the Service is allowed and well-typed. Belongs to the loop's
// thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "user/base/loop.h"
#include "user/control/connection.h"
#include "user/control/listener.h"
#include "user/control/peer.h"
#include "user/control/refusals.h"
#include "user/control/responder.h"

namespace quell::control {

// What the daemon implements.
class Service {
public:
    virtual ~Service() = default;
    // `method` is one of the interface's ("Approve"), `params` fit its types:
    // what is not nullable is there, nothing unknown is. May answer now or
    // keep the responder. What it throws is answered with io.quell.Failed.
    virtual void call(std::string_view method, const Json& params, const Peer& peer, Responder responder) = 0;
};

struct ServerLimits {
    std::size_t connections = 64;
    std::size_t per_uid = 16;
    std::size_t kept_for_root = 16;  // of `connections`
    std::size_t strangers = 8;       // connections of those who are not allowed
    std::size_t stranger_call_size = 4096;
    std::uint64_t check_ns = 1'000'000'000;          // how often silence is looked for
    std::uint64_t refusal_ns = 10ull * 1'000'000'000;  // one report for each uid in that time
    ConnectionLimits connection;
};

struct ServerOptions {
    std::string path = "/run/quell/quell.sock";
    // 0666 lets anybody connect and be told, and recorded, that he may not;
    // 0660 has the kernel refuse him, and no row is written.
    mode_t mode = 0666;
    std::optional<gid_t> operators;  // the socket's group; none: root's
    // Whether somebody may call at all: what each method takes is the service's. Not there: root and `operators` may.
    std::function<bool(const Peer& peer)> has_role;
    PeerRecord record;               // the kernel's record of who connected
    OnRefused on_refused;            // calls, and connections beyond a stranger's share
    ServerLimits limits;
    // How a client is identified; tests put their own here.
    std::function<Result<Peer>(int fd)> identify;
};

class Server {
public:
    // Errors: those of Listener::create.
    [[nodiscard]] static Result<std::unique_ptr<Server>> create(Loop& loop, Service& service, ServerOptions options);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();  // closes every connection; responders may live on. Reports what refusals are left

    [[nodiscard]] std::size_t connections() const { return connections_.size(); }
    // The listening socket, for the kernel's record of who connects.
    [[nodiscard]] int fd() const { return listener_.fd(); }

private:
    Server(Loop& loop, Service& service, ServerOptions options, Listener listener);
    void on_accept();
    [[nodiscard]] bool has_room(const Peer& peer) const;
    [[nodiscard]] bool has_role(const Peer& peer) const { return options_.has_role ? options_.has_role(peer) : is_operator(peer, options_.operators); }
    void on_call(const Peer& peer, Call call, Responder responder);
    void on_tick();

    Loop& loop_;
    Service& service_;
    ServerOptions options_;
    Listener listener_;
    std::map<int, std::shared_ptr<Connection>> connections_;
    Refusals refusals_;
    std::optional<Loop::Timer> tick_;
    bool paused_ = false;  // out of descriptors: accepts again at the next tick
};

}  // namespace quell::control
