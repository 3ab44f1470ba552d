// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "ways.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "reach.h"

#define ELSEWHERE "/mnt"

static int prefixed(char *prefix, const char *text) {
    strcpy(prefix, text);
    return 0;
}

static int directly(const char *top, char *prefix) {
    (void)top;
    return prefixed(prefix, "");
}

static int by_self_root(const char *top, char *prefix) {
    (void)top;
    return prefixed(prefix, "/proc/self/root");
}

static int by_init_root(const char *top, char *prefix) {
    (void)top;
    return prefixed(prefix, "/proc/1/root");
}

static int by_chroot(const char *top, char *prefix) { return chroot(top) || chdir("/") ? -1 : prefixed(prefix, ""); }

static int by_descriptor(const char *top, char *prefix) {
    reach_at = open(top, O_PATH | O_DIRECTORY);
    return reach_at < 0 || chdir("/") ? -1 : prefixed(prefix, ".");
}

int private_namespace(void) {
    if (unshare(CLONE_NEWNS)) return -1;
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

// unshare -m, and what is at the top bound elsewhere: with what is mounted below, or it would be another file
static int by_bind(const char *top, char *prefix) {
    if (private_namespace() || mount(top, ELSEWHERE, NULL, MS_BIND | MS_REC, NULL)) return -1;
    return prefixed(prefix, ELSEWHERE);
}

static int write_text(const char *file, const char *text) {
    int fd = open(file, O_WRONLY);
    return fd < 0 || write(fd, text, strlen(text)) < 0 ? -1 : close(fd);
}

// unshare -Urm first: the mount is made by somebody who is root of nothing
static int by_user_bind(const char *top, char *prefix) {
    if (unshare(CLONE_NEWUSER) || write_text("/proc/self/setgroups", "deny") || write_text("/proc/self/uid_map", "0 0 1") ||
        write_text("/proc/self/gid_map", "0 0 1"))
        return -1;
    return by_bind(top, prefix);
}

// out of a namespace of its own into the first process's
static int by_setns(const char *top, char *prefix) {
    int first = open("/proc/1/ns/mnt", O_RDONLY);
    return first < 0 || private_namespace() || setns(first, CLONE_NEWNS) ? -1 : directly(top, prefix);
}

static int by_io_uring(const char *top, char *prefix) {
    reach_by_ring = 1;
    return directly(top, prefix);
}

const struct way kWays[] = {
    {"directly", directly, 1, 0},   {"by-self-root", by_self_root, 1, 0},   {"by-init-root", by_init_root, 1, 0},
    {"by-chroot", by_chroot, 0, 0}, {"by-descriptor", by_descriptor, 0, 0}, {"by-bind", by_bind, 0, 0},
    {"by-setns", by_setns, 1, 1},   {"by-user-bind", by_user_bind, 0, 0},   {"io-uring", by_io_uring, 1, 0},
};
const unsigned kWayCount = sizeof(kWays) / sizeof(kWays[0]);

const struct way *find_way(const char *name) {
    for (unsigned i = 0; i < kWayCount; i++)
        if (!strcmp(kWays[i].name, name)) return &kWays[i];
    return NULL;
}

// How much of the first path is the deepest directory that all of them lie in: 0 for the root.
static int length_of_top(const char **paths, int count) {
    const char *slash = strrchr(paths[0], '/');
    int length = slash ? (int)(slash - paths[0]) : 0;
    for (int i = 1; i < count; i++) {
        while (paths[i] && length && (strncmp(paths[0], paths[i], length) || paths[i][length] != '/')) {
            while (--length && paths[0][length] != '/') {}
        }
    }
    return length;
}

int take_way(const struct way *way, const char **paths, int count) {
    static char translated[2][2 * PATH_MAX];
    char top[PATH_MAX], prefix[64];
    int length = length_of_top(paths, count);
    snprintf(top, sizeof(top), "%.*s", length ? length : 1, paths[0]);
    if (way->enter(top, prefix)) return -1;
    for (int i = 0; i < count; i++) {
        if (!paths[i]) continue;
        snprintf(translated[i], sizeof(translated[i]), "%s%s", prefix, paths[i] + (way->whole ? 0 : length));
        paths[i] = translated[i];
    }
    return 0;
}
