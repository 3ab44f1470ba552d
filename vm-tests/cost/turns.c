// SPDX-License-Identifier: Apache-2.0
// Two processes in turns, each on its own clock, so that one CPU is enough:
//   turns rename DIR PIPES           for each 'r' asked for, renames a directory in DIR; until killed
//   turns open FILE COUNT r|i PIPES  opens FILE so many times, each after a rename (r) or nothing (i) was asked
//                                    for; prints the mean instructions of one open (-icount shift=0)
// PIPES is a directory with the pipes `ask` and `answer`.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SETTLING 20

static int pipe_of(const char *pipes, const char *name, int flags) {
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", pipes, name);
    int fd = open(path, flags);
    if (fd < 0) perror(path), exit(1);
    return fd;
}

static int renames(const char *dir, const char *pipes) {
    char what, names[2][512];
    snprintf(names[0], sizeof(names[0]), "%s/a", dir);
    snprintf(names[1], sizeof(names[1]), "%s/b", dir);
    mkdir(names[0], 0755);
    for (int turn = 0;;) {
        int ask = pipe_of(pipes, "ask", O_RDONLY), answer = pipe_of(pipes, "answer", O_WRONLY);
        while (read(ask, &what, 1) == 1) {
            if (what == 'r') {
                if (rename(names[turn], names[!turn])) return perror("rename"), 1;
                turn = !turn;
            }
            if (write(answer, &what, 1) != 1) break;
        }
        close(ask);
        close(answer);
    }
}

static long long cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int opens(const char *file, int count, char what, const char *pipes) {
    int ask = pipe_of(pipes, "ask", O_WRONLY), answer = pipe_of(pipes, "answer", O_RDONLY);
    long long sum = 0;
    for (int i = -SETTLING; i < count; i++) {
        char answered;
        if (write(ask, &what, 1) != 1 || read(answer, &answered, 1) != 1) return 1;
        long long clock = cpu_ns(), before = cpu_ns();
        int fd = open(file, O_RDONLY);
        long long after = cpu_ns();
        if (fd < 0) return perror(file), 1;
        close(fd);
        if (i >= 0) sum += after - before - (before - clock);
    }
    printf("%lld\n", sum / count);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 4 && !strcmp(argv[1], "rename")) return renames(argv[2], argv[3]);
    if (argc == 6 && !strcmp(argv[1], "open")) return opens(argv[2], atoi(argv[3]), argv[4][0], argv[5]);
    return 2;
}
