// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "repeats.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int repeat_fork(void) {
    for (pid_t child;; usleep(5000)) {
        if ((child = fork()) < 0) return -1;
        if (!child) _exit(0);
        waitpid(child, NULL, 0);
    }
}

int repeat_exec(char **argv) {
    usleep(5000);
    return execv("/bin/attack", argv);
}

int repeat_open(const char *file) {
    for (int fd; (fd = open(file, O_RDONLY)) >= 0; usleep(5000)) close(fd);
    return -1;
}

int repeat_read(const char *file) {
    char c;
    for (int fd; (fd = open(file, O_RDONLY)) >= 0 && read(fd, &c, 1) >= 0;) close(fd);
    return -1;
}

int repeat_unlink(const char *prefix) {
    char path[4096];
    snprintf(path, sizeof(path), "%s", prefix);
    for (int i = 0; i < 100000; i++, usleep(5000)) {
        if (symlink("nowhere", path)) return -1;  // no hook that a containment attaches stands before it
        if (unlink(path)) return -1;
    }
    return 0;
}
