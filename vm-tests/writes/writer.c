// SPDX-License-Identifier: Apache-2.0
// `writer DIRECTORY PLACE OUTSIDE`: opens what it needs in PLACE and OUTSIDE,
// which it makes, and makes DIRECTORY/ready. For each DIRECTORY/go-N it tries
// every way and writes DIRECTORY/result-N, a line each: name, errno, hook. Ends,
// with DIRECTORY/ended, when there is DIRECTORY/stop.
// `writer by-handle DIRECTORY FILE`: the same with one way, to open by a handle.
#define _GNU_SOURCE
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../network/net.h"

#define PAGE 4096

// A page of it, so that it can be mapped.
static int make(const char *file) {
    int fd = open(file, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
    return fd < 0 || ftruncate(fd, PAGE) || close(fd) ? -1 : 0;
}

static int make_all(struct writer *w) {
    mkdir(w->place, 0755);
    mkdir(w->outside, 0755);
    for (const char *const *name = (const char *const[]){"file", "old", "mapped", "later", "gone", "empty", NULL}; *name; name++)
        if (make(at(w->place, *name))) return -1;
    for (const char *const *name = (const char *const[]){"file", "bound", NULL}; *name; name++)
        if (make(at(w->outside, *name))) return -1;
    for (const char *const *name = (const char *const[]){"bind", "late", NULL}; *name; name++)
        if (mkdir(at(w->outside, *name), 0755)) return -1;
    return mkdir(at(w->place, "sub"), 0755) || mkfifo(at(w->place, "fifo"), 0644) || make(at(w->place, "named")) ||
                   link(at(w->place, "named"), at(w->outside, "other-name")) || setxattr(at(w->place, "file"), "user.quell", "x", 1, 0) ||
                   mount(w->place, at(w->outside, "bind"), NULL, MS_BIND, NULL) || mount(at(w->place, "file"), at(w->outside, "bound"), NULL, MS_BIND, NULL) ? -1 : 0;
}

int writer_open(struct writer *w) {
    if (make_all(w)) return -1;
    w->old = open(at(w->place, "old"), O_RDWR | O_CLOEXEC);
    w->reads = open(at(w->place, "file"), O_RDONLY | O_CLOEXEC);
    w->directory = open(w->place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    w->source = open(at(w->outside, "file"), O_RDONLY | O_CLOEXEC);
    int mapped = open(at(w->place, "mapped"), O_RDWR | O_CLOEXEC), later = open(at(w->place, "later"), O_RDWR | O_CLOEXEC);
    if (w->old < 0 || w->reads < 0 || w->directory < 0 || w->source < 0 || mapped < 0 || later < 0) return -1;
    w->shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0);
    w->later = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, later, 0);
    return w->shared == MAP_FAILED || w->later == MAP_FAILED || pipe(w->pipe) || fcntl(w->pipe[0], F_SETFL, O_NONBLOCK) || ring_make(0) || ring_make(1) ? -1 : 0;
}

void writer_end(struct writer *w) {
    umount2(at(w->outside, "bound"), MNT_DETACH);
    umount2(at(w->outside, "bind"), MNT_DETACH);
}

static int by_handle(const char *directory, const char *file) {
    union {
        struct file_handle handle;
        char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    } h = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
    char above[512], text[64], name[32];
    int mount_id;
    snprintf(above, sizeof(above), "%.*s", (int)(strrchr(file, '/') - file), file);
    int top = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (top < 0 || name_to_handle_at(AT_FDCWD, file, &h.handle, &mount_id, 0)) return perror("handle"), 1;
    put(directory, "ready", "");
    for (int n = 0; goes_on(directory, n); n++) {
        int fd = open_by_handle_at(top, &h.handle, O_WRONLY | O_CLOEXEC);
        snprintf(text, sizeof(text), "by-handle %d file_open\n", fd < 0 ? errno : 0);
        if (fd >= 0) close(fd);
        snprintf(name, sizeof(name), "result-%d", n);
        put(directory, name, text);
    }
    put(directory, "ended", "");
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    if (!strcmp(argv[1], "by-handle")) return by_handle(argv[2], argv[3]);
    static struct writer w;
    const char *directory = argv[1];
    w.place = argv[2];
    w.outside = argv[3];
    if (writer_open(&w)) return perror("writer"), 1;
    act_in_rounds(directory, kWays, &w);
    writer_end(&w);
    put(directory, "ended", "");
    return 0;
}
