// SPDX-License-Identifier: Apache-2.0
// The first process of a container, and those in it that something is detected of:
//   actors sleep                until it is killed
//   actors act PREFIX COUNT     so many processes, each of which makes and removes a file, and stays
// Each acts for itself, and not for its parent, which has ended by then. Static, so that it runs in any container.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void act(const char *prefix, int number, pid_t parent, int told) {
    char path[256], worked;
    snprintf(path, sizeof(path), "%s%d", prefix, number);
    while (getppid() == parent) usleep(100);
    worked = !mknod(path, S_IFREG | 0600, 0) && !unlink(path);
    if (write(told, &worked, 1) != 1) _exit(1);
    close(told);
    for (;;) pause();
}

int main(int argc, char **argv) {
    int told[2], done = 0;
    char worked;
    if (argc == 2 && !strcmp(argv[1], "sleep")) return pause();
    if (argc != 4 || strcmp(argv[1], "act") || pipe(told)) return 2;
    const int count = atoi(argv[3]);
    for (int i = 0; i < count; i++) {
        pid_t child = fork();
        if (!child) {
            pid_t parent = getpid();
            if (!fork()) {
                close(1);  // who waits for the output does not wait for them
                act(argv[2], i, parent, told[1]);
            }
            _exit(0);
        }
        if (child < 0 || waitpid(child, NULL, 0) != child) return perror("fork"), 1;
    }
    close(told[1]);
    while (done < count && read(told[0], &worked, 1) == 1 && worked) done++;
    printf("{\"acted\":%d,\"failed\":%d}\n", done, count - done);
    return done != count;
}
