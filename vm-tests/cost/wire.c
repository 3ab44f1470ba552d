// SPDX-License-Identifier: Apache-2.0
// wire hear NETNS FILE PORT   listens in the network namespace of that file and answers now and then; struct wire in FILE
// wire talk PORT              connects to it by TCP and UDP and says what time it is, for as long as it is let
// The listener reads less than is said, so that there is something in the send queue. Static, so that it runs in any container.
#define _GNU_SOURCE
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define TICK_MS 20
#define TICK_BYTES 2048

static struct wire *wire;

static struct sockaddr_in here(int port) { return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}}; }

static int bound(int type, int port) {
    struct sockaddr_in own = here(port);
    int s = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    return s < 0 || bind(s, (struct sockaddr *)&own, sizeof(own)) || (type == SOCK_STREAM && listen(s, 4)) ? -1 : s;
}

// Bound to one protocol, it hears what comes in, and not what goes out.
static int listening_in(void) {
    int one = 1, s = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP)), room = 4 << 20;
    return s < 0 || setsockopt(s, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) || setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ? -1 : s;
}

static void note_packet(const unsigned char *bytes, ssize_t size, struct msghdr *message, int port) {
    struct packet one = {0};
    const struct iphdr *ip = (const struct iphdr *)bytes;
    if (size < 20 || ip->ihl < 5 || size < ip->ihl * 4 + 8) return;
    const unsigned char *above = bytes + ip->ihl * 4;
    const int whole = ntohs(ip->tot_len), to = above[2] << 8 | above[3];
    if (to != port) return;  // the answers, or somebody else's
    one.protocol = ip->protocol;
    if (ip->protocol == IPPROTO_TCP && size >= ip->ihl * 4 + 20) {
        one.flags = above[13];
        one.payload = whole - ip->ihl * 4 - (above[12] >> 4) * 4;
    } else if (ip->protocol == IPPROTO_UDP) {
        one.payload = whole - ip->ihl * 4 - 8;
    } else {
        return;
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec at;
            memcpy(&at, CMSG_DATA(c), sizeof(at));
            one.real_ns = at.tv_sec * 1000000000ull + at.tv_nsec;
        }
    wire->last[wire->packets++ % WIRE_PACKETS] = one;
}

static void hear_packets(int s, int port) {
    static unsigned char bytes[65536];
    char space[256];
    for (;;) {
        struct iovec part = {bytes, sizeof(bytes)};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};
        ssize_t n = recvmsg(s, &message, MSG_DONTWAIT);
        if (n < 0) return;
        note_packet(bytes, n, &message, port);
    }
}

static void note_record(const char *record, uint64_t *newest) {
    uint64_t at;
    memcpy(&at, record, sizeof(at));
    if (at > *newest) *newest = at;
}

// Returns whether there is still somebody.
static int hear_stream(int s) {
    static char record[WIRE_RECORD];
    static size_t has;
    char bytes[TICK_BYTES];
    ssize_t n = recv(s, bytes, sizeof(bytes), MSG_DONTWAIT);
    for (ssize_t i = 0; i < n; i++) {
        record[has++] = bytes[i];
        if (has < WIRE_RECORD) continue;
        note_record(record, &wire->tcp_last);
        has = 0;
    }
    if (n > 0) wire->tcp_bytes += n;
    return n > 0 || (n < 0 && errno == EAGAIN);
}

static int hear(const char *netns, const char *file, int port) {
    int space = open(netns, O_RDONLY | O_CLOEXEC), out = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), stream = -1, small = 8192;
    char ready[512], bytes[2048];
    if (space < 0 || setns(space, CLONE_NEWNET) || out < 0 || ftruncate(out, sizeof(*wire))) return perror("hear"), 1;
    wire = mmap(NULL, sizeof(*wire), PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);
    int listener = bound(SOCK_STREAM, port), datagrams = bound(SOCK_DGRAM, port), packets = listening_in();
    if (wire == MAP_FAILED || listener < 0 || datagrams < 0 || packets < 0) return perror("hear"), 1;
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    snprintf(ready, sizeof(ready), "%s.ready", file);
    close(open(ready, O_CREAT | O_WRONLY, 0644));
    stream = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    for (;;) {
        usleep(TICK_MS * 1000);
        hear_packets(packets, port);
        for (ssize_t n; (n = recv(datagrams, bytes, sizeof(bytes), MSG_DONTWAIT)) >= (ssize_t)sizeof(uint64_t); wire->udp_bytes += n) note_record(bytes, &wire->udp_last);
        if (stream >= 0 && !hear_stream(stream)) close(stream), stream = -1;
        if (stream >= 0) (void)!send(stream, "t", 1, MSG_DONTWAIT | MSG_NOSIGNAL);  // which it acknowledges
    }
}

static int connected(int type, int port) {
    struct sockaddr_in to = here(port);
    int queue = WIRE_QUEUE, s = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    setsockopt(s, SOL_SOCKET, SO_SNDBUF, &queue, sizeof(queue));
    return s < 0 || connect(s, (struct sockaddr *)&to, sizeof(to)) ? -1 : s;
}

static void say(int s, int pause_us) {
    char record[WIRE_RECORD] = {0};
    size_t left = 0;
    for (;;) {
        if (!left) {
            uint64_t now = __rdtsc();
            memcpy(record, &now, sizeof(now));
            left = WIRE_RECORD;
        }
        // what a record begins with stays what it was when a part of it was taken
        ssize_t n = send(s, record + WIRE_RECORD - left, left, MSG_NOSIGNAL);
        if (n > 0) left -= n;
        else if (left == WIRE_RECORD) left = 0;
        if (n < 0 || pause_us) usleep(n < 0 ? 1000 : pause_us);
    }
}

static int talk(int port) {
    int stream = connected(SOCK_STREAM, port), datagrams = connected(SOCK_DGRAM, port);
    if (stream < 0 || datagrams < 0) return perror("talk"), 1;
    if (!fork()) say(datagrams, 500);
    say(stream, 0);
    return 1;
}

int main(int argc, char **argv) {
    if (argc == 5 && !strcmp(argv[1], "hear")) return hear(argv[2], argv[3], atoi(argv[4]));
    if (argc == 3 && !strcmp(argv[1], "talk")) return talk(atoi(argv[2]));
    return 2;
}
