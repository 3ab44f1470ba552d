// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

#define CONNECTIONS 48
#define SLOW_BYTES 2048
#define TICK_MS 20

static struct received *counts;
static struct pollfd fds[5 + CONNECTIONS];  // three listeners, udp, raw, then connections
static uint64_t *count_of[5 + CONNECTIONS];
static struct sockaddr_in6 speakers[16];
static int speakers_known;

static int bound(int type, int port) {
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int one = 1, s = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (s < 0 || bind(s, (struct sockaddr *)&any, sizeof(any)) || (type == SOCK_STREAM && listen(s, 16))) return -1;
    return s;
}

static int vsock_bound(void) {
    struct sockaddr_vm any = {.svm_family = AF_VSOCK, .svm_port = VSOCK_PORT, .svm_cid = VMADDR_CID_ANY};
    int s = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return s < 0 || bind(s, (struct sockaddr *)&any, sizeof(any)) || listen(s, 4) ? -1 : s;
}

static void take(int i) {
    int s = accept4(fds[i].fd, NULL, NULL, SOCK_CLOEXEC);
    for (int k = 5; s >= 0 && k < 5 + CONNECTIONS; k++)
        if (fds[k].fd < 0) {
            fds[k] = (struct pollfd){s, POLLIN, 0};
            count_of[k] = i == 0 ? &counts->tcp : i == 1 ? &counts->slow : &counts->vsock;
            return;
        }
    if (s >= 0) close(s);
}

static void hear(int k) {
    static char bytes[65536];
    ssize_t n = recv(fds[k].fd, bytes, count_of[k] == &counts->slow ? SLOW_BYTES : sizeof(bytes), MSG_DONTWAIT);
    if (n > 0) *count_of[k] += (uint64_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EINTR)) close(fds[k].fd), fds[k].fd = -1;
}

static void hear_datagram(void) {
    char bytes[2048];
    struct sockaddr_in6 from;
    socklen_t size = sizeof(from);
    ssize_t n = recvfrom(fds[3].fd, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&from, &size);
    if (n < 0) return;
    counts->udp += (uint64_t)n;
    for (int i = 0; i < speakers_known; i++)
        if (!memcmp(&speakers[i], &from, sizeof(from))) return;
    if (speakers_known < 16) speakers[speakers_known++] = from;
}

// An echo request's payload, 'q' throughout, and not the replies of the kernel to it.
static void hear_raw(void) {
    unsigned char bytes[2048];
    ssize_t n = recv(fds[4].fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n > 28 && bytes[20] == 8 && bytes[28] == 'q') counts->raw += (uint64_t)n - 28;
}

static void speak(void) {
    for (int k = 5; k < 5 + CONNECTIONS; k++)
        if (fds[k].fd >= 0) (void)!send(fds[k].fd, "t", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    for (int i = 0; i < speakers_known; i++) (void)!sendto(fds[3].fd, "t", 1, MSG_DONTWAIT, (struct sockaddr *)&speakers[i], sizeof(speakers[i]));
}

int peer(const char *netns, const char *file) {
    int space = open(netns, O_RDONLY | O_CLOEXEC), out = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (space < 0 || setns(space, CLONE_NEWNET) || out < 0 || ftruncate(out, sizeof(*counts))) return perror("peer"), 1;
    counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);
    fds[0].fd = bound(SOCK_STREAM, PORT);
    fds[1].fd = bound(SOCK_STREAM, SLOW_PORT);
    fds[2].fd = vsock_bound();
    fds[3].fd = bound(SOCK_DGRAM, PORT);
    fds[4].fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    if (counts == MAP_FAILED || fds[0].fd < 0 || fds[1].fd < 0 || fds[3].fd < 0 || fds[4].fd < 0) return perror("peer"), 1;
    for (int i = 0; i < 5; i++) fds[i].events = POLLIN;
    for (int k = 5; k < 5 + CONNECTIONS; k++) fds[k].fd = -1;
    close(open(strcat(strcpy((char[512]){0}, file), ".ready"), O_CREAT | O_WRONLY, 0644));
    for (;;) {
        poll(fds, 5 + CONNECTIONS, TICK_MS);
        for (int i = 0; i < 3; i++)
            if (fds[i].revents & POLLIN) take(i);
        if (fds[3].revents & POLLIN) hear_datagram();
        if (fds[4].revents & POLLIN) hear_raw();
        for (int k = 5; k < 5 + CONNECTIONS; k++)
            if (fds[k].fd >= 0 && fds[k].revents) hear(k);
        speak();
        usleep(TICK_MS * 500);
    }
}
