// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "everyway.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int perform(const struct way *way, const struct operation *operation, const char *file, const char *other) {
    const char *paths[] = {file, takes_other(operation) ? other : NULL};
    if (operation->apart && private_namespace()) return -1;
    if (take_way(way, paths, 2)) return -1;
    return operation->run(paths[0], paths[1]);
}

// Appending is not seen.
static void fill(const char *file) {
    struct stat now;
    int fd = open(file, O_CREAT | O_WRONLY | O_APPEND, 0644);
    if (fd < 0) return;
    if (!fstat(fd, &now) && !now.st_size && write(fd, "line\n", 5) != 5) perror(file);
    close(fd);
}

static int by_one_way(const struct way *way, const struct operation *operation, const char *file, const char *other) {
    int status = 0;
    fflush(stdout);
    const pid_t child = fork();
    if (!child) _exit(perform(way, operation, file, other) ? errno : 0);
    if (child < 0 || waitpid(child, &status, 0) != child) return 255;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int has(const struct way *way, const struct operation *operation) {
    return (operation->by_ring || strcmp(way->name, "io-uring")) && !(operation->apart && way->joins);
}

int everyway(const struct operation *operation, const char *file, const char *other) {
    for (unsigned i = 0; i < kWayCount; i++) {
        if (!has(&kWays[i], operation)) continue;
        fill(file);
        printf("%s %s %d\n", operation->name, kWays[i].name, by_one_way(&kWays[i], operation, file, other));
    }
    return 0;
}

// The two paths of an operation by a way, with what has to be there.
static void lay_out(const struct way *way, const struct operation *operation, const char *directory, char *file, char *other) {
    char above[PATH_MAX / 4];
    snprintf(above, sizeof(above), "%.*s", (int)(strrchr(directory, '/') - directory), directory);
    snprintf(file, PATH_MAX, "%s/%s.%s", directory, operation->name, way->name);
    snprintf(other, PATH_MAX, "%s/%s.%s.other", directory, operation->name, way->name);
    switch (operation->other) {
    case OTHER_NONE:
    case OTHER_NEW: break;
    case OTHER_BESIDE: fill(other); break;
    case OTHER_OUTSIDE: snprintf(other, PATH_MAX, "%s/%s.%s", above, operation->name, way->name); break;
    case OTHER_FILE: fill(strcat(strcpy(other, above), "/cover-file")); break;
    case OTHER_DIRECTORY: mkdir(strcat(strcpy(other, above), "/cover"), 0755); strcpy(file, directory); return;
    case OTHER_ABOVE: mkdir(strcpy(other, "/cover"), 0755); strcpy(file, above); return;
    case OTHER_MOUNTPOINT: strcpy(file, directory); return;
    }
    fill(file);
}

int everyway_all(const char *directory) {
    for (unsigned n = 0; n < kOperationCount; n++) {
        const struct operation *operation = &kOperations[n];
        if (!operation->every) continue;
        fflush(stdout);
        const pid_t child = fork();
        if (child < 0 || (child && waitpid(child, NULL, 0) != child)) return -1;
        usleep(child ? 50000 : 0);  // on the only CPU the daemon is to take what is told of one before the next
        if (child) continue;
        prctl(PR_SET_NAME, operation->name);  // tells its incident from the others
        for (unsigned i = 0; i < kWayCount; i++) {
            char file[PATH_MAX], other[PATH_MAX];
            if (!has(&kWays[i], operation)) continue;
            lay_out(&kWays[i], operation, directory, file, other);
            printf("%s %s %d\n", operation->name, kWays[i].name, by_one_way(&kWays[i], operation, file, other));
        }
        fflush(stdout);
        _exit(0);
    }
    return 0;
}
