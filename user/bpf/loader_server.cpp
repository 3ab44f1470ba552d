// SPDX-License-Identifier: Apache-2.0
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "user/bpf/loader.h"
#include "user/bpf/loader_process.h"

namespace quell::bpf {
namespace {

// In a process of its own: libbpf with the kernel's BTF takes memory that nobody needs afterwards.
std::int32_t load_apart(const std::string& pin_root, const LoadRequest& request) {
    const pid_t child = ::fork();
    if (child < 0) return 1;
    if (child == 0) {
        auto loaded = request.hooks != 0 ? load_late(pin_root, request.hooks) : success();
        if (loaded) loaded = make_policy_maps(pin_root, request);
        if (!loaded) std::fprintf(stderr, "quelld: %s\n", loaded.error().message.c_str());
        ::_exit(loaded ? 0 : 1);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

int serve_loader(const std::string& pin_root, int socket) {
    (void)::prctl(PR_SET_NAME, "quelld-loader");
    for (;;) {
        LoadRequest request;
        const auto size = ::recv(socket, &request, sizeof(request), 0);
        if (size < 0 && errno == EINTR) continue;
        if (size != sizeof(request)) return size == 0 ? 0 : 1;
        const std::int32_t status = load_apart(pin_root, request);
        if (::send(socket, &status, sizeof(status), MSG_NOSIGNAL) != sizeof(status)) return 1;
    }
}

}  // namespace quell::bpf
