// SPDX-License-Identifier: Apache-2.0
// harm DIR: a hundred processes that do one thing each, again and again, until somebody stops them. What worked is written
// into DIR/harm (struct harm, harm.h), which outlives them.
#define _GNU_SOURCE
#include "harm.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

static struct harm *all;

static void worked(int lane, uint64_t began) {
    struct lane *one = &all->lanes[lane];
    one->last[one->done % HARM_KEPT] = (struct deed){began, __rdtsc()};
    __atomic_fetch_add(&one->done, 1, __ATOMIC_RELEASE);
}

static void opens(int lane) {
    for (;;) {
        uint64_t began = __rdtsc();
        int fd = open("/etc/passwd", O_RDONLY);
        if (fd < 0) continue;
        worked(lane, began);
        close(fd);
    }
}

// It executes itself, and the next one writes down that it worked: a fork would be refused first.
static void executes(int lane, int file) {
    char fd[16], number[16], began[32];
    snprintf(fd, sizeof(fd), "%d", file);
    snprintf(number, sizeof(number), "%d", lane);
    for (;;) {
        snprintf(began, sizeof(began), "%llu", __rdtsc());
        execl("/bin/harm", "harm", "again", fd, number, began, NULL);
    }
}

static void forks(int lane) {
    for (;;) {
        uint64_t began = __rdtsc();
        pid_t child = fork();
        if (!child) _exit(0);
        if (child < 0) continue;
        worked(lane, began);
        waitpid(child, NULL, 0);
    }
}

static void unlinks(int lane) {
    char path[64];
    snprintf(path, sizeof(path), "/tmp/harm.%d", lane);
    for (;;) {
        mknod(path, S_IFREG | 0600, 0);
        uint64_t began = __rdtsc();
        if (!unlink(path)) worked(lane, began);
    }
}

static void connects(int lane) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (;;) {
        uint64_t began = __rdtsc();
        if (!connect(s, (struct sockaddr *)&to, sizeof(to))) worked(lane, began);
    }
}

static void writes(int lane) {
    char path[64];
    snprintf(path, sizeof(path), "/tmp/written.%d", lane);
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    for (;;) {
        uint64_t began = __rdtsc();
        if (pwrite(fd, "x", 1, 0) == 1) worked(lane, began);
    }
}

static void act(int lane, int file) {
    switch (lane % HARM_KINDS) {
        case HARM_OPEN: opens(lane); break;
        case HARM_EXEC: executes(lane, file); break;
        case HARM_FORK: forks(lane); break;
        case HARM_UNLINK: unlinks(lane); break;
        case HARM_CONNECT: connects(lane); break;
        case HARM_WRITE: writes(lane); break;
    }
}

static int map(int file) {
    all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return all == MAP_FAILED;
}

int main(int argc, char **argv) {
    char path[256];
    if (argc == 5 && !strcmp(argv[1], "again")) {
        if (map(atoi(argv[2]))) return 1;
        worked(atoi(argv[3]), strtoull(argv[4], NULL, 10));
        act(atoi(argv[3]), atoi(argv[2]));
    }
    if (argc != 2) return 2;
    snprintf(path, sizeof(path), "%s/harm", argv[1]);
    int file = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);  // and inherited by who is executed
    if (file < 0 || ftruncate(file, sizeof(*all)) || map(file)) return perror(path), 1;
    if (nice(19) < 0) return perror("nice"), 1;  // until somebody says otherwise: a hundred of them leave nobody else a CPU
    for (int lane = 0; lane < HARM_LANES; lane++)
        if (!fork()) act(lane, file);
    return pause();
}
