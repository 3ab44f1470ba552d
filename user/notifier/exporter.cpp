// SPDX-License-Identifier: Apache-2.0
#include "user/notifier/exporter.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>


#include "user/base/fd.h"
#include "user/control/listener.h"
#include "user/notifier/metrics.h"

namespace quell::notifier {
namespace {

constexpr unsigned kConnectionsMax = 16, kTimeoutS = 10;
constexpr std::size_t kConnectionMemory = 16 * 1024;  // of a request's head: what is asked is short
constexpr int kBacklog = 16;

using Server = std::unique_ptr<MHD_Daemon, void (*)(MHD_Daemon*)>;

MHD_Result answer(MHD_Connection* connection, unsigned status, const std::string& text, const char* type) {
    MHD_Response* const response = MHD_create_response_from_buffer(text.size(), const_cast<char*>(text.data()), MHD_RESPMEM_MUST_COPY);
    if (response == nullptr) return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    const auto queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

MHD_Result on_request(void* text, MHD_Connection* connection, const char* url, const char* method, const char*, const char*, size_t*, void**) {
    constexpr const char* kPlain = "text/plain";
    const std::string_view verb(method);
    if (verb != "GET" && verb != "HEAD") return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n", kPlain);
    if (std::string_view(url) != "/metrics") return answer(connection, MHD_HTTP_NOT_FOUND, "/metrics\n", kPlain);
    try {
        return answer(connection, MHD_HTTP_OK, (*static_cast<const std::function<std::string()>*>(text))(), kMetricsType);
    } catch (const std::exception&) {
        return answer(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "failed\n", kPlain);
    }
}

Result<Server> serve(int fd, std::function<std::string()>* text) {
    Server server{MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, nullptr, nullptr, on_request, text, MHD_OPTION_LISTEN_SOCKET, fd,
                                   MHD_OPTION_CONNECTION_LIMIT, kConnectionsMax, MHD_OPTION_CONNECTION_TIMEOUT, kTimeoutS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                   kConnectionMemory, MHD_OPTION_END), MHD_stop_daemon};
    if (server == nullptr) return Error{"metrics: the HTTP server does not start", EIO, {}};
    return server;
}

Result<Fd> loopback(std::uint16_t port) {
    Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return errno_error("socket");
    const int on = 1;
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(fd.get(), kBacklog) != 0)
        return errno_error("metrics: cannot listen on 127.0.0.1:" + std::to_string(port));
    return fd;
}

}  // namespace

struct Exporter::Parts {
    std::function<std::string()> text;
    std::optional<control::Listener> listener;  // removes its socket at the end
    Server on_socket{nullptr, MHD_stop_daemon}, on_port{nullptr, MHD_stop_daemon};  // each closes the descriptor that it listens on
};

Exporter::Exporter(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Exporter::~Exporter() = default;

Result<std::unique_ptr<Exporter>> Exporter::start(const std::string& socket, std::uint16_t port, std::function<std::string()> text) {
    auto parts = std::make_unique<Parts>();
    parts->text = std::move(text);
    if (!socket.empty()) {
        auto listener = control::Listener::create(socket, 0660, std::nullopt);
        if (!listener) return listener.error();
        Fd own(fcntl(listener->fd(), F_DUPFD_CLOEXEC, 0));
        auto server = serve(own.get(), &parts->text);
        if (!server) return server.error();
        (void)own.release();
        parts->listener.emplace(std::move(*listener));
        parts->on_socket = std::move(*server);
    }
    if (port != 0) {
        auto fd = loopback(port);
        if (!fd) return fd.error();
        auto server = serve(fd->get(), &parts->text);
        if (!server) return server.error();
        (void)fd->release();
        parts->on_port = std::move(*server);
    }
    return std::unique_ptr<Exporter>(new Exporter(std::move(parts)));
}

}  // namespace quell::notifier
