// SPDX-License-Identifier: Apache-2.0
// A real HTTP server on 127.0.0.1, or ::1, with TLS or without, that keeps what
// it is sent, and answers as a test wants.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "user/control/json.h"

namespace quell::notifier {

struct Received {
    std::string method;
    std::map<std::string, std::string> headers;
    std::string body;
    std::chrono::steady_clock::time_point when;

    [[nodiscard]] control::Json json() const { return control::Json::parse(body, nullptr, false); }
    [[nodiscard]] std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string() : found->second;
    }
};

struct Answer {
    unsigned status = 200;
    std::map<std::string, std::string> headers = {};
    std::string body = {};
    unsigned delay_ms = 0;
};

// PEM.
struct ServerIdentity {
    std::string key, certificate;
};

class HttpTarget {
public:
    explicit HttpTarget(std::uint16_t port = 0, ServerIdentity identity = {}, bool six = false) : port_(port), identity_(std::move(identity)), six_(six) { start(); }
    ~HttpTarget() { stop(); }

    void start() {
        const int fd = socket(six_ ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        sockaddr_in four{};
        sockaddr_in6 other{};
        four.sin_family = AF_INET;
        four.sin_port = other.sin6_port = htons(port_);
        four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        other.sin6_family = AF_INET6;
        other.sin6_addr = in6addr_loopback;
        auto* const address = six_ ? reinterpret_cast<sockaddr*>(&other) : reinterpret_cast<sockaddr*>(&four);
        socklen_t size = six_ ? sizeof other : sizeof four;
        ASSERT_EQ(bind(fd, address, size), 0);
        ASSERT_EQ(listen(fd, 16), 0);
        getsockname(fd, address, &size);
        port_ = ntohs(six_ ? other.sin6_port : four.sin_port);
            const MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_KEY, 0, identity_.key.data()}, {MHD_OPTION_HTTPS_MEM_CERT, 0, identity_.certificate.data()}, {MHD_OPTION_END, 0, nullptr}};
        const MHD_OptionItem none[] = {{MHD_OPTION_END, 0, nullptr}};
        server_ = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | (is_tls() ? static_cast<unsigned>(MHD_USE_TLS) : 0u), 0, nullptr, nullptr, on_request, this, MHD_OPTION_LISTEN_SOCKET, fd,
                                   MHD_OPTION_NOTIFY_COMPLETED, on_completed, nullptr, MHD_OPTION_ARRAY, is_tls() ? tls : none, MHD_OPTION_END);
        ASSERT_NE(server_, nullptr);
    }
    void stop() {
        if (server_) MHD_stop_daemon(server_);
        server_ = nullptr;
    }
    [[nodiscard]] std::string url(const std::string& path = "/hook") const {
        return (is_tls() ? "https://" : "http://") + std::string(six_ ? "[::1]:" : "127.0.0.1:") + std::to_string(port_) + path;
    }
    // These first, then 200.
    void will_answer(std::vector<Answer> answers) {
        const std::lock_guard lock(mutex_);
        answers_ = {answers.begin(), answers.end()};
    }
    // All so far; at least `count`, or what there is after a minute: each takes a commit.
    std::vector<Received> received(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(60), [&] { return received_.size() >= count; });
        return received_;
    }
    // Whether no more than `count` come within the time.
    bool no_more_than(std::size_t count, std::chrono::milliseconds time) {
        std::unique_lock lock(mutex_);
        return !changed_.wait_for(lock, time, [&] { return received_.size() > count; });
    }

private:
    static MHD_Result on_header(void* to, MHD_ValueKind, const char* name, const char* value) {
        (*static_cast<std::map<std::string, std::string>*>(to))[name] = value ? value : "";
        return MHD_YES;
    }
    static void on_completed(void*, MHD_Connection*, void** context, MHD_RequestTerminationCode) {
        delete static_cast<Received*>(*context);
        *context = nullptr;
    }
    static MHD_Result on_request(void* self, MHD_Connection* connection, const char*, const char* method, const char*, const char* data, size_t* size, void** context) {
        auto* request = static_cast<Received*>(*context);
        if (!request) {
            *context = request = new Received;
            request->method = method;
            MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, &request->headers);
            return MHD_YES;
        }
        if (*size != 0) {
            request->body.append(data, *size);
            *size = 0;
            return MHD_YES;
        }
        return static_cast<HttpTarget*>(self)->answer(connection, *request);
    }
    MHD_Result answer(MHD_Connection* connection, Received request) {
        Answer answer;
        {
            const std::lock_guard lock(mutex_);
            request.when = std::chrono::steady_clock::now();
            received_.push_back(std::move(request));
            if (!answers_.empty()) {
                answer = answers_.front();
                answers_.pop_front();
            }
        }
        changed_.notify_all();
        if (answer.delay_ms) usleep(answer.delay_ms * 1000);
        MHD_Response* const response = MHD_create_response_from_buffer(answer.body.size(), answer.body.data(), MHD_RESPMEM_MUST_COPY);
        for (const auto& [name, value] : answer.headers) MHD_add_response_header(response, name.c_str(), value.c_str());
        const auto queued = MHD_queue_response(connection, answer.status, response);
        MHD_destroy_response(response);
        return queued;
    }

    [[nodiscard]] bool is_tls() const { return !identity_.key.empty(); }

    std::uint16_t port_;
    ServerIdentity identity_;
    const bool six_;
    MHD_Daemon* server_ = nullptr;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Answer> answers_;
    std::vector<Received> received_;
};

}  // namespace quell::notifier
