// SPDX-License-Identifier: Apache-2.0
#include "user/bpf/loader_process.h"

#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

extern char** environ;

namespace quell::bpf {
namespace {

constexpr int kLoadLimitMs = 300'000;

const char* const kHint = "its messages are in the log; quell doctor says what the kernel lacks";

}  // namespace

Result<LoaderProcess> LoaderProcess::start(const std::string& program, const std::string& pin_root) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) return errno_error("cannot make a socket for the loader");
    LoaderProcess process;
    process.socket_ = Fd(ends[0]);
    const Fd theirs(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDIN_FILENO);
    // the daemon takes its signals by a descriptor, and has them blocked
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    const char* arguments[] = {program.c_str(), "--loader", pin_root.c_str(), nullptr};
    pid_t pid = 0;
    const int error = posix_spawn(&pid, program.c_str(), &actions, &attributes, const_cast<char**>(arguments), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error) return errno_error("cannot start " + program, error);
    return process;
}

Status LoaderProcess::load(const LoadRequest& request) {
    const Error ended{"the loader has ended", EPIPE, "restart quelld: what it has contained stays contained"};
    if (::send(socket_.get(), &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request)) return ended;
    pollfd ready{socket_.get(), POLLIN, 0};
    int answers = 0;
    do answers = ::poll(&ready, 1, kLoadLimitMs);
    while (answers < 0 && errno == EINTR);
    if (answers <= 0) {
        socket_.reset();
        return Error{"the loader does not answer", ETIMEDOUT, "restart quelld: what it has contained stays contained"};
    }
    std::int32_t status = -1;
    if (::recv(socket_.get(), &status, sizeof(status), 0) != sizeof(status)) return ended;
    return status == 0 ? success() : Status(Error{"the kernel refused a program or a map that the policy needs", EIO, kHint});
}

}  // namespace quell::bpf
