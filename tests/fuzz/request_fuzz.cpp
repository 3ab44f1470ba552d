// SPDX-License-Identifier: Apache-2.0
// Any bytes through the daemon's socket: the real server cuts them into calls,
// checks and answers them; parameters are read as the daemon reads them, as
// far as that takes no kernel side. The first byte says how the bytes arrive
// and from whom; a line's end is the end of a message, so that seeds are text.
// What is answered is Varlink, nobody is answered more often than he called,
// and a client that has said all is let go.
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tests/base/temp_dir.h"
#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/control/interface.h"
#include "user/control/server.h"
#include "user/response/terms.h"

namespace {

using namespace quell;
using control::Json;

constexpr int kRoundsMax = 100'000;  // far more than a message of 4 KiB in pieces of one byte takes
constexpr uid_t kStranger = 4711;

void must(bool is_so) {
    if (!is_so) std::abort();
}

void read_id(const std::string& text) {
    const auto id = parse_id(text);
    must(!id || (*id != 0 && *id <= kIncidentMax && parse_id(id_text(*id)).value() == *id));
}

void read_terms(const Json& params) {
    response::Wanted wanted;
    if (const Json& allow = control::member(params, "allow"); allow.is_array()) wanted.allow = allow.get<std::vector<std::string>>();
    wanted.loopback = control::true_member(params, "loopback");
    const auto terms = response::make_terms(wanted, {});
    if (!terms) return must(!terms.error().message.empty());
    must(terms->count == wanted.allow.size() && terms->count <= QUELL_ALLOWED_MAX);
    for (const std::string& text : wanted.allow) must(text.find_first_not_of("0123456789abcdefABCDEF.:/[]") == std::string::npos);
    must(response::terms_text(*terms).size() < 4096);
}

class Reader final : public control::Service {
public:
    void call(std::string_view method, const Json& params, const control::Peer& peer, control::Responder responder) override {
        const auto& interface = control::quell_interface();
        const auto known = interface.methods.find(method);
        must(peer.uid == 0 && known != interface.methods.end() && !control::mismatch(interface, known->second.in, params));
        for (const char* name : {"reason", "text", "confirm"}) must(control::string_member(params, name).size() <= control::kReasonSizeMax);
        for (const char* name : {"id", "incident", "from"}) read_id(control::string_member(params, name));
        if (method == "Digests")
            for (const Json& id : control::member(params, "ids")) read_id(id.get<std::string>());
        if (method == "Approve" || method == "Request") read_terms(params);
        if (method == "Watch" && !responder.wants_more()) return responder.error(control::errors::kExpectedMore);
        if (method == "Watch" && responder.reply_more(Json::object()) && responder.reply_more({{"row", nullptr}})) return kept.push_back(std::move(responder));
        if (method == "Undo") return;  // one that nobody answers is answered all the same
        std::string echo;
        for (const auto& [name, value] : params.items())
            if (value.is_string()) echo += escape(value.get<std::string>());
        responder.error(control::errors::kNoSuchTarget, {{"reason", echo}});
    }
    std::vector<control::Responder> kept;
};

class Socket {
public:
    Socket() : loop_(std::move(Loop::create()).value()) {
        control::ServerOptions options;
        options.path = directory_ / "quell.sock";
        options.on_refused = [](const auto&...) {};
        options.identify = [this](int) -> Result<control::Peer> {
            control::Peer peer;
            peer.uid = is_stranger_ ? kStranger : 0;
            return peer;
        };
        path_ = options.path;
        server_ = std::move(control::Server::create(*loop_, reader_, std::move(options))).value();
    }

    // What came back for `bytes`, of which `piece` at a time are sent.
    std::string answers_to(std::string bytes, std::size_t piece, bool is_stranger) {
        is_stranger_ = is_stranger;
        Fd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path_.data(), path_.size());
        must(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        std::string_view rest = bytes;
        std::string got;
        bool is_open = true;
        for (int round = 0; is_open; round++) {
            must(round < kRoundsMax);
            if (!rest.empty()) {
                const ssize_t sent = ::send(client.get(), rest.data(), std::min(piece, rest.size()), MSG_NOSIGNAL);
                if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
                else if (errno != EAGAIN) rest = {};  // it was refused
                if (rest.empty()) (void)::shutdown(client.get(), SHUT_WR);
            }
            must(static_cast<bool>(loop_->run_once(0)));
            if (rest.empty()) reader_.kept.clear();
            is_open = receive(client.get(), got);
        }
        client.reset();
        for (int round = 0; server_->connections() != 0; round++) must(round < kRoundsMax && static_cast<bool>(loop_->run_once(0)));
        return got;
    }

private:
    // False: the other end has closed.
    static bool receive(int fd, std::string& got) {
        char buffer[65536];
        for (;;) {
            const ssize_t size = ::recv(fd, buffer, sizeof buffer, 0);
            if (size < 0) return errno == EAGAIN || errno == EINTR;
            if (size == 0) return false;
            got.append(buffer, static_cast<std::size_t>(size));
        }
    }

    TempDir directory_;
    std::string path_;
    bool is_stranger_ = false;
    Reader reader_;
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<control::Server> server_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Socket server;
    if (size < 2) return 0;
    std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    std::size_t calls = 0;
    for (char& c : bytes) {
        if (c == '\n') c = '\0';
        calls += c == '\0';
    }
    const std::size_t piece = data[0] % 4 == 0 ? 1 + data[0] / 4 % 16 : bytes.size();
    const std::string all = server.answers_to(bytes, piece, data[0] % 8 == 7);
    std::size_t last = 0;
    for (std::string_view got = all; !got.empty();) {
        const std::size_t end = got.find('\0');
        must(end != std::string_view::npos);
        const auto reply = control::parse_reply(got.substr(0, end));
        must(static_cast<bool>(reply) && (reply->error.empty() || reply->error.starts_with("io.quell.") || reply->error.starts_with("org.varlink.service.")));
        last += !reply->continues;
        got.remove_prefix(end + 1);
    }
    // and one for a call that has no end: that it is too large
    must(last <= calls + 1);
    return 0;
}
