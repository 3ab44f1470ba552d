// SPDX-License-Identifier: Apache-2.0
// The two sides of a network, for tests that cut it. Static, so that both run in any container.
#pragma once

#include <netinet/in.h>
#include <stdint.h>
#include <sys/types.h>

#define PORT 7000       // answers at once: reads all, and says a byte again and again
#define SLOW_PORT 7001  // reads little
#define OWN_PORT 7100   // of the agent's own listener
#define VSOCK_PORT 7000

// What a peer has received, in a file that it maps.
struct received {
    uint64_t tcp, slow, udp, vsock, raw;
};

// net peer NETNS FILE: in that network namespace, until it is killed.
int peer(const char *netns, const char *file);

// Of either family.
struct end_point {
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } name;
    socklen_t size;
};

// What an agent has open before anything is cut.
struct agent {
    char address[64];
    struct end_point to;
    int tcp, udp, loose, routed, raw, packet, vsock, listener, file, tun, given, ring;
    int pipe_in[2], pipe_out[2], unix_pair[2];
    void *mapped;
};
int agent_open(struct agent *agent);
// What the socket sends goes over there first.
int route_over(int socket, const struct end_point *over);

struct op {
    const char *name;
    int (*act)(struct agent *agent);  // 0, or -1 and errno
};
extern const struct op kOps[];

// io_uring without a library (ring.c): a ring, one operation of which is done and waited for. Negative: no ring.
int ring_make(int polled);
int ring_act(int polled, uint8_t opcode, int fd, const void *at, uint32_t length, uint64_t offset);
struct io_uring_sqe;
int ring_do(int polled, const struct io_uring_sqe *what);
int ring_fd(int polled);
// Its one registered file, -1: a free slot; null: it has no slot any more.
int ring_has(int polled, const int *file);
