// SPDX-License-Identifier: Apache-2.0
// A real server on a socket of its own, its loop in a thread, and raw clients
// that can misbehave.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/base/temp_dir.h"
#include "user/control/server.h"

namespace quell::control {

// Answers Version at once, keeps Approve and Watch for the test to answer,
// drops Undo, throws at Reject.
class FakeService : public Service {
public:
    void call(std::string_view method, const Json& params, const Peer& peer, Responder responder) override {
        calls++;
        last_uid = peer.uid;
        if (on_call) on_call(method);
        if (method == "Version") return responder.reply({{"version", "9"}, {"abi", 1}, {"kernel", "6.12"}});
        if (method == "Show") return responder.error(errors::kNoSuchIncident, {{"id", params["id"]}});
        if (method == "History") return responder.reply({{"rows", std::string(static_cast<std::size_t>(params["limit"].get<int>()), 'x')}});
        if (method == "Approve" || method == "Watch") return kept.push_back(std::move(responder));
        if (method == "Reject") throw std::runtime_error("broken");
    }
    std::atomic<int> calls = 0;
    std::atomic<uid_t> last_uid = 0;
    std::vector<Responder> kept;  // the loop's thread only
    std::function<void(std::string_view method)> on_call;  // before start(); on the loop's thread, before it answers
};

// A client without manners.
class RawClient {
public:
    explicit RawClient(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        connected = connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    bool put(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    bool call(const std::string& text) { return put(text + std::string(1, '\0')); }
    void half_close() { shutdown(fd_.get(), SHUT_WR); }
    // One message without its NUL; nothing: closed, or nothing came in time.
    std::optional<std::string> get(int timeout_ms = 3000) {
        for (;;) {
            if (const auto end = input_.find('\0'); end != std::string::npos) {
                std::string message = input_.substr(0, end);
                input_.erase(0, end + 1);
                return message;
            }
            pollfd one{fd_.get(), POLLIN, 0};
            char buffer[65536];
            if (poll(&one, 1, timeout_ms) <= 0) return std::nullopt;
            const ssize_t got = recv(fd_.get(), buffer, sizeof buffer, 0);
            if (got <= 0) {
                closed = true;
                return std::nullopt;
            }
            input_.append(buffer, static_cast<std::size_t>(got));
        }
    }
    // Whether the server hangs up (and says nothing more) in time.
    bool hung_up(int timeout_ms = 3000) { return !get(timeout_ms) && closed; }
    void close() { fd_.reset(); }

    bool connected = false;
    bool closed = false;

private:
    Fd fd_;
    std::string input_;
};

inline constexpr const char* kVersionCall = R"({"method":"io.quell.Version"})";

class ServerTest : public testing::Test {
protected:
    ServerTest() : path(dir / "quell.sock") {
        options.path = path;
        options.limits.check_ns = 20'000'000;
        options.identify = [this](int) -> Result<Peer> {
            const std::lock_guard lock(mutex_);
            return peer_;
        };
        peer_.uid = 0;
    }
    ~ServerTest() override { stop(); }

    void start() {
        loop = std::move(Loop::create()).value();
        auto made = Server::create(*loop, service, options);
        ASSERT_TRUE(made) << made.error().message;
        server = std::move(made).value();
        thread_ = std::thread([this] { EXPECT_TRUE(loop->run()); });
    }
    void stop() {
        if (!thread_.joinable()) return;
        loop->stop();
        thread_.join();
        service.kept.clear();
        server.reset();
        loop.reset();
    }
    // Runs in the loop's thread, waits for it.
    template <typename Work>
    void in_loop(Work work) {
        std::atomic<bool> done = false;
        loop->post([&] {
            work();
            done = true;
        });
        while (!done) std::this_thread::yield();
    }
    // Who the next clients are.
    void become(Peer peer) {
        const std::lock_guard lock(mutex_);
        peer_ = std::move(peer);
    }
    static Peer user(uid_t uid, gid_t gid = 100, std::vector<gid_t> groups = {}) {
        Peer peer;
        peer.uid = uid;
        peer.gid = gid;
        peer.groups = std::move(groups);
        return peer;
    }
    void expect_served() {
        RawClient other(path);
        ASSERT_TRUE(other.call(kVersionCall));
        EXPECT_EQ(other.get(), R"({"parameters":{"abi":1,"kernel":"6.12","version":"9"}})");
    }

    TempDir dir;
    const std::string path;
    FakeService service;
    ServerOptions options;
    std::unique_ptr<Loop> loop;
    std::unique_ptr<Server> server;

private:
    std::mutex mutex_;
    Peer peer_;
    std::thread thread_;
};

}  // namespace quell::control
