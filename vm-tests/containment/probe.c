// SPDX-License-Identifier: Apache-2.0
// `probe DIRECTORY PLACE`: makes its files in PLACE, opens them in all ways, and acts in rounds (../writes/rounds.h).
// `probe` alone ends with 0: it is also what it executes.
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../network/net.h"

int opened(int fd) { return fd < 0 ? -1 : close(fd); }

int moved(long n) { return n == 1 ? 0 : -1; }

// A page of it, so that it can be mapped.
int made(const char *file) {
    int fd = open(file, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
    return fd < 0 || ftruncate(fd, PAGE) || close(fd) ? -1 : 0;
}

const char *link_of(int fd) {
    static char name[64];
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    return name;
}

int apart(int (*act)(struct writer *w), struct writer *w) {
    int status = 0;
    pid_t child = fork();
    if (!child) _exit(act(w) ? errno : 0);
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
    errno = WEXITSTATUS(status);
    return errno ? -1 : 0;
}

int lock_byte(int fd, int command, short type, off_t at) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
    if (fcntl(fd, command, &lock)) return -1;
    return command != F_OFD_GETLK || lock.l_type == F_UNLCK ? 0 : (errno = EAGAIN, -1);
}

static int copied(const char *from, const char *to) {
    static char buffer[65536];
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0755);
    for (ssize_t n; (n = read(in, buffer, sizeof(buffer))) != 0;)
        if (n < 0 || write(out, buffer, (size_t)n) != n) return -1;
    return close(in) || close(out) ? -1 : 0;
}

static int make_all(struct writer *w) {
    for (const char *const *name = (const char *const[]){"", "bind", "late", NULL}; *name; name++)
        if (mkdir(at(w->place, *name), 0755) && errno != EEXIST) return -1;
    return made(DATA) || made(OTHER) || made(at(w->place, "bound")) || link(DATA, KEPT) || copied("/proc/self/exe", PROGRAM) ||
                   setxattr(DATA, "user.quell", "x", 1, 0) || mount(w->place, at(w->place, "bind"), NULL, MS_BIND, NULL) ||
                   mount(DATA, at(w->place, "bound"), NULL, MS_BIND, NULL) ? -1 : 0;
}

static int open_all(struct writer *w) {
    int mount_id;
    w->old = open(DATA, O_RDWR | O_CLOEXEC);
    w->reads = open(DATA, O_RDONLY | O_CLOEXEC);
    w->locked = open(DATA, O_RDWR | O_CLOEXEC);
    w->path = open(DATA, O_PATH | O_CLOEXEC);
    w->sink = open(OTHER, O_WRONLY | O_CLOEXEC);
    w->source = open(OTHER, O_RDONLY | O_CLOEXEC);
    w->program = open(PROGRAM, O_RDONLY | O_CLOEXEC);
    w->program_path = open(PROGRAM, O_PATH | O_CLOEXEC);
    w->top = open(w->place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (const int *fd = (const int[]){w->old, w->reads, w->locked, w->path, w->sink, w->source, w->program, w->program_path, w->top, 0}; *fd; fd++)
        if (*fd < 0) return -1;
    w->handle.head.handle_bytes = sizeof(w->handle) - sizeof(struct file_handle);
    w->has_handle = !name_to_handle_at(AT_FDCWD, DATA, &w->handle.head, &mount_id, 0);
    w->shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, w->old, 0);
    w->later = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, w->old, 0);
    return w->shared == MAP_FAILED || w->later == MAP_FAILED || pipe(w->pipe) || fcntl(w->pipe[0], F_SETFL, O_NONBLOCK) ||
                   ioctl(w->old, FS_IOC_GETFLAGS, &w->flags) || lock_byte(w->locked, F_OFD_SETLK, F_WRLCK, 100) || ring_make(0) || ring_make(1) ? -1 : 0;
}

int main(int argc, char **argv) {
    if (argc == 1) return 0;
    if (argc != 3) return 2;
    static struct writer w;
    static struct way ways[128];
    unsigned count = 0;
    for (const struct way *const *list = (const struct way *const[]){kByName, kOnDescriptors, kLeft, NULL}; *list; list++)
        for (const struct way *way = *list; way->name && count + 1 < sizeof(ways) / sizeof(*ways); way++) ways[count++] = *way;
    w.place = argv[2];
    if (make_all(&w)) return perror("make"), 1;
    if (open_all(&w)) return perror("open"), 1;
    act_in_rounds(argv[1], ways, &w);
    umount2(at(w.place, "bound"), MNT_DETACH);
    umount2(at(w.place, "bind"), MNT_DETACH);
    put(argv[1], "ended", "");
    return 0;
}
