// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "kern/abi.h"
#include "user/cli/policy_test/actor/actor.h"

namespace quell::act {

Prepared prepared;

namespace {

// Descriptors must not take the places of standard input and output, which become() looks at.
int kept(int fd) {
    if (fd < 0) return fd;
    const int high = fcntl(fd, F_DUPFD_CLOEXEC, 16);
    close(fd);
    return high;
}

// Nothing of a mount or of a connection is to reach the rest of the host.
void set_apart(int kind) {
    if (unshare(kind)) give_up("a namespace of its own");
    if (kind == CLONE_NEWNS && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr)) give_up("private mounts");
}

int domain_of(const Plan& plan) {
    const auto family = plan.numbers[QUELL_FIELD_FAMILY];
    return family != 0 ? static_cast<int>(family) : plan.has_address && plan.is_six ? AF_INET6 : AF_INET;
}

int type_of(const Plan& plan) {
    const auto type = plan.numbers[QUELL_FIELD_SOCKET_TYPE];
    return type != 0 ? static_cast<int>(type) : SOCK_STREAM;
}

void open_socket(const Plan& plan) {
    const int on = 1;
    prepared.fd = kept(socket(domain_of(plan), type_of(plan) | SOCK_NONBLOCK, static_cast<int>(plan.numbers[QUELL_FIELD_PROTOCOL])));
    if (prepared.fd < 0) give_up("making the socket");
    // an address that is none of this host's
    (void)setsockopt(prepared.fd, SOL_IP, 15 /* IP_FREEBIND */, &on, sizeof on);
}

void bind_it(const Plan& plan) {
    sockaddr_storage address{};
    const unsigned length = socket_address(plan, &address);
    if (length == 0 || bind(prepared.fd, reinterpret_cast<sockaddr*>(&address), length)) give_up("binding the socket");
}

void start_target(const Plan& plan) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) give_up("making a pipe");
    prepared.process = fork();
    if (prepared.process < 0) give_up("forking");
    if (prepared.process == 0) {
        report(Report::kBegun, 0, "");
        if (dup2(ends[1], kWaitsFd) < 0) give_up("keeping the pipe");
        run_stage(plan.target, kStages);
    }
    // until it has executed, for its executable is asked for, and will not outlive this process
    char nothing = 0;
    close(ends[1]);
    (void)!read(ends[0], &nothing, 1);
    close(ends[0]);
}

void listen_without_a_path() {
    sockaddr_un address{AF_UNIX, {}};
    const int listener = kept(socket(AF_UNIX, SOCK_STREAM, 0));
    const int length = std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "quell-actor-%d", getpid());
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1) + static_cast<socklen_t>(length)) || listen(listener, 1))
        give_up("a socket without a path");
}

}  // namespace

unsigned socket_address(const Plan& plan, void* address) {
    const in_port_t port = htons(static_cast<std::uint16_t>(plan.numbers[QUELL_FIELD_PORT]));
    switch (domain_of(plan)) {
        case AF_INET: {
            sockaddr_in four{};
            four.sin_family = AF_INET;
            four.sin_port = port;
            four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            if (plan.has_address) std::memcpy(&four.sin_addr, plan.address, 4);
            std::memcpy(address, &four, sizeof four);
            return sizeof four;
        }
        case AF_INET6: {
            sockaddr_in6 six{};
            six.sin6_family = AF_INET6;
            six.sin6_port = port;
            six.sin6_addr = in6addr_loopback;
            if (plan.has_address) std::memcpy(&six.sin6_addr, plan.address, 16);
            std::memcpy(address, &six, sizeof six);
            return sizeof six;
        }
        case AF_NETLINK: {
            sockaddr_nl link{};
            link.nl_family = AF_NETLINK;
            std::memcpy(address, &link, sizeof link);
            return sizeof link;
        }
        default: return 0;
    }
}

void prepare(const Plan& plan) {
    switch (plan.operation) {
        case QUELL_OP_MMAP_EXEC:
            prepared.fd = kept(open(plan.path, O_RDONLY));
            if (prepared.fd < 0) give_up("opening the object");
            break;
        case QUELL_OP_OVERWRITE:
            prepared.fd = kept(open(plan.path, O_WRONLY));
            if (prepared.fd < 0) give_up("opening the object");
            break;
        case QUELL_OP_OPEN_READ:
        case QUELL_OP_OPEN_WRITE:
            // a fifo waits for its other end
            if (plan.numbers[QUELL_FIELD_TYPE] == 1) (void)kept(open(plan.path, O_RDWR));
            break;
        case QUELL_OP_UNMOUNT:
            set_apart(CLONE_NEWNS);
            if (mount(plan.path, plan.path, nullptr, MS_BIND, nullptr)) give_up("mounting what is unmounted");
            break;
        case QUELL_OP_PIVOT_ROOT:
            set_apart(CLONE_NEWNS);
            if (mount("none", plan.other, "tmpfs", 0, nullptr)) give_up("a root to change to");
            break;
        case QUELL_OP_MOUNT:
        case QUELL_OP_MOUNT_OVER: set_apart(CLONE_NEWNS); break;
        case QUELL_OP_PTRACE:
            if (plan.numbers[QUELL_FIELD_TRACE] != 2) start_target(plan);
            break;
        case QUELL_OP_SIGNAL: start_target(plan); break;
        case QUELL_OP_CONNECT:
        case QUELL_OP_BIND:
            set_apart(CLONE_NEWNET);
            open_socket(plan);
            break;
        case QUELL_OP_LISTEN:
        case QUELL_OP_ACCEPT:
            set_apart(CLONE_NEWNET);
            open_socket(plan);
            bind_it(plan);
            if (plan.operation == QUELL_OP_ACCEPT && listen(prepared.fd, 1)) give_up("listening");
            break;
        case QUELL_OP_CAPABILITY:
            prepared.fd = kept(socket(AF_INET, SOCK_DGRAM, 0));
            break;
        case QUELL_OP_UNIX_CONNECT:
            prepared.fd = kept(socket(AF_UNIX, SOCK_STREAM, 0));
            if (prepared.fd < 0) give_up("making the socket");
            if (plan.path[0] == '\0') listen_without_a_path();
            break;
        default: break;
    }
}

}  // namespace quell::act
