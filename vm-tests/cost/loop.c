// SPDX-License-Identifier: Apache-2.0
// The loop whose instructions are counted: `loop DIR [OPERATION...]` does each
// operation (or those named; send-recv only where it is) a thousand times in DIR,
// counts each by itself and prints the first decile. A name that is none does nothing at all.
// Means do not repeat: now and then an allocation or an interrupt costs more
// than what is looked for, and a rename on ext4 costs one time half of what it
// costs another. The counter is the CPU's own, which under -icount
// shift=0 moves by one with each instruction; reading it enters no kernel.
// Static, so that it runs in any container.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <x86intrin.h>

#define TIMES 200
#define ROUNDS 7
#define SETTLING 2

static char dir[256];
static char warm[300];

#define COUNTED ((ROUNDS - SETTLING) * TIMES)

static int less(const void *a, const void *b) {
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return x < y ? -1 : x > y;
}

static char *name(char *out, char kind, int i) {
    snprintf(out, 300, "%s/%c%d", dir, kind, i);
    return out;
}

static int fd, datagram, listener, pair[2];
static struct sockaddr_un listening;
static socklen_t listening_size = sizeof(listening);
static char a[300], b[300];

static void open_read(int i) { (void)i; close(open(warm, O_RDONLY)); }
static void open_write(int i) { (void)i; close(open(warm, O_WRONLY)); }
static void create(int i) { close(open(name(a, 'u', i), O_CREAT | O_EXCL | O_WRONLY, 0600)); }
static void rename_one(int i) {
    if (rename(name(a, 'u', i), name(b, 'v', i))) abort();
}
static void unlink_one(int i) { unlink(name(a, 'v', i)); }
// a byte to lose each time: growing and emptying the empty are let go earlier
static void truncate_one(int i) {
    (void)i;
    if (pwrite(fd, "z", 1, 0) != 1 || truncate(warm, 0)) abort();
}
static void write_one(int i) {
    (void)i;
    if (pwrite(fd, "x", 1, 0) != 1) abort();
}
static void read_one(int i) {
    char c;
    (void)i;
    if (pread(fd, &c, 1, 0) < 0) abort();
}

static void connect_one(int i) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    (void)i;
    (void)connect(datagram, (struct sockaddr *)&to, sizeof(to));
}

// The listener is this process, in its own network namespace; accepting and closing are part of the figure.
static void connect_unix(int i) {
    int one = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)i;
    if (connect(one, (struct sockaddr *)&listening, listening_size)) abort();
    close(accept(listener, NULL, NULL));
    close(one);
}

// From one UDP socket to another, over the loopback.
static void send_recv(int i) {
    char c;
    (void)i;
    if (send(pair[0], "x", 1, 0) != 1 || recv(pair[1], &c, 1, 0) != 1) abort();
}
static int pair_up(void) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(own);
    pair[0] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    pair[1] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return bind(pair[1], (struct sockaddr *)&own, size) || getsockname(pair[1], (struct sockaddr *)&own, &size) || connect(pair[0], (struct sockaddr *)&own, size);
}

static int listen_somewhere(void) {
    listening.sun_family = AF_UNIX;
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return listener < 0 || bind(listener, (struct sockaddr *)&listening, sizeof(sa_family_t)) || listen(listener, 8) ||
           getsockname(listener, (struct sockaddr *)&listening, &listening_size);
}

static int wanted(int argc, char **argv, const char *name) {
    for (int i = 2; i < argc; i++)
        if (!strcmp(argv[i], name)) return 1;
    return argc == 2 && strcmp(name, "send-recv");
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*once)(int);
    } ops[] = {{"open-read", open_read}, {"open-write", open_write}, {"write", write_one},   {"read", read_one},
               {"create", create},       {"rename", rename_one},     {"unlink", unlink_one}, {"truncate", truncate_one},
               {"connect", connect_one}, {"connect-unix", connect_unix}, {"send-recv", send_recv}};
    enum { N = sizeof(ops) / sizeof(*ops) };
    static unsigned counted[N][ROUNDS * TIMES];
    int takes_part[N];

    if (argc < 2) return 2;
    snprintf(dir, sizeof(dir), "%s", argv[1]);
    mkdir(dir, 0755);
    snprintf(warm, sizeof(warm), "%s/warm", dir);
    fd = open(warm, O_CREAT | O_RDWR, 0644);
    datagram = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || datagram < 0 || write(fd, "y", 1) != 1 || listen_somewhere()) return 1;
    for (int op = 0; op < N; op++) takes_part[op] = wanted(argc, argv, ops[op].name);
    if (takes_part[N - 1] && pair_up()) return 1;
    for (int round = 0; round < ROUNDS; round++)
        for (int op = 0; op < N; op++)
            for (int i = 0; i < (takes_part[op] ? TIMES : 0); i++) {
                unsigned long long began = __rdtsc();
                ops[op].once(i);
                counted[op][round * TIMES + i] = __rdtsc() - began;
            }
    for (int op = 0; op < N; op++) {
        if (!takes_part[op]) continue;
        unsigned *settled = counted[op] + SETTLING * TIMES;
        qsort(settled, COUNTED, sizeof(*settled), less);
        printf("%s %u ", ops[op].name, settled[COUNTED / 10]);
    }
    printf("\n");
    return 0;
}
