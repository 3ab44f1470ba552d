// SPDX-License-Identifier: Apache-2.0
// Longer things whose instructions are counted:
//   events live TIMES        fork, exec and end of a child, so many times
//   events exec TIMES BYTES  the same with so many bytes of arguments
//   events crowd COUNT       so many sleeping children, until killed
//   events kill CGROUP       1 into its cgroup.kill, then waits until nobody is in it; prints the nanoseconds
//   events visit DIR COUNT   makes and opens so many directories below DIR
//   events open FILE PARENTS TIMES  so many parents after each other, with a child each that opens FILE so many times; prints
//                                   the first deciles of what the first opening of a child takes, and of what others take
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

static int live(char *self, int times) {
    for (int i = 0; i < times; i++) {
        pid_t child = fork();
        if (!child) _exit(execl(self, self, "nothing", "0", NULL));
        waitpid(child, NULL, 0);
    }
    return 0;
}

// Words of nine bytes, as options are.
static int exec_with(char *self, int times, int bytes) {
    static char text[131072];
    char *words[16384] = {self, "nothing", "0"};
    int count = 3;
    for (int at = 0; at + 10 <= bytes && count < 16383; at += 10) {
        snprintf(text + at, 10, "--word%03d", at / 10 % 1000);
        words[count++] = text + at;
    }
    for (int i = 0; i < times; i++) {
        pid_t child = fork();
        if (!child) _exit(execv(self, words));
        waitpid(child, NULL, 0);
    }
    return 0;
}

static int crowd(int count) {
    for (int i = 0; i < count; i++)
        if (!fork()) break;
    return pause();
}

static unsigned long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int kill_all(const char *cgroup) {
    char path[512], text[256];
    snprintf(path, sizeof(path), "%s/cgroup.kill", cgroup);
    int order = open(path, O_WRONLY);
    snprintf(path, sizeof(path), "%s/cgroup.events", cgroup);
    int events = open(path, O_RDONLY);
    if (order < 0 || events < 0) return 1;
    unsigned long long began = now();
    if (write(order, "1", 1) != 1) return 1;
    for (;;) {
        ssize_t n = pread(events, text, sizeof(text) - 1, 0);
        if (n <= 0) return 1;
        text[n] = 0;
        if (strstr(text, "populated 0")) break;
        struct pollfd wait = {events, POLLPRI, 0};
        poll(&wait, 1, 50);
    }
    printf("%llu\n", now() - began);
    return 0;
}

static int visit(const char *root, int count) {
    char path[512];
    mkdir(root, 0755);
    for (int i = 0; i < count; i++) {
        if (i % 1000 == 0) {
            snprintf(path, sizeof(path), "%s/%d", root, i / 1000);
            mkdir(path, 0755);
        }
        snprintf(path, sizeof(path), "%s/%d/%d", root, i / 1000, i);
        if (mkdir(path, 0755)) return 1;
        strcat(path, "/f");
        int fd = open(path, O_CREAT | O_WRONLY, 0644);
        if (fd < 0) return 1;
        close(fd);
    }
    return 0;
}

static int less(const void *a, const void *b) {
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return x < y ? -1 : x > y;
}

static unsigned decile(unsigned *counted, int count) {
    qsort(counted, count, sizeof(*counted), less);
    return count ? counted[count / 10] : 0;
}

// Matches of one parent's children are one incident, so each parent makes one.
static int open_often(const char *file, int parents, int times) {
    enum { KEPT = 1000 };
    unsigned *first = mmap(NULL, (parents + KEPT) * sizeof(unsigned), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    unsigned *other = first + parents;
    int kept = times - 1 < KEPT ? times - 1 : KEPT, status = 0;
    if (first == MAP_FAILED) return 1;
    for (int p = 0; p < parents && !status; p++) {
        pid_t parent = fork();
        if (!parent) {
            pid_t child = fork();
            if (child) _exit(waitpid(child, &status, 0) != child || status);
            for (int i = 0; i < times; i++) {
                unsigned long long began = __rdtsc();
                int fd = open(file, O_RDONLY);
                if (fd < 0 || close(fd)) _exit(1);
                if (i <= kept) *(i ? &other[i - 1] : &first[p]) = __rdtsc() - began;
            }
            _exit(0);
        }
        if (parent < 0 || waitpid(parent, &status, 0) != parent) return 1;
    }
    printf("%u %u\n", decile(first, parents), decile(other, kept));
    return status != 0;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    if (!strcmp(argv[1], "nothing")) return 0;
    if (!strcmp(argv[1], "live")) return live(argv[0], atoi(argv[2]));
    if (!strcmp(argv[1], "crowd")) return crowd(atoi(argv[2]));
    if (!strcmp(argv[1], "kill")) return kill_all(argv[2]);
    if (!strcmp(argv[1], "exec") && argc > 3) return exec_with(argv[0], atoi(argv[2]), atoi(argv[3]));
    if (!strcmp(argv[1], "visit") && argc > 3) return visit(argv[2], atoi(argv[3]));
    if (!strcmp(argv[1], "open") && argc > 4) return open_often(argv[2], atoi(argv[3]), atoi(argv[4]));
    return 2;
}
