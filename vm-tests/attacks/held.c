// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "held.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int wait_for_go(const char *prefix) {
    char ready[300], go[300];
    snprintf(ready, sizeof(ready), "%s.ready", prefix);
    snprintf(go, sizeof(go), "%s.go", prefix);
    int fd = open(ready, O_CREAT | O_WRONLY, 0644);
    if (fd < 0 || close(fd)) return -1;
    while (access(go, F_OK)) usleep(50000);
    return 0;
}

// Nothing but the layer's copy stands between a descriptor for reading and the file's flags.
static int change_flags(int fd) {
    int flags = 0;
    if (ioctl(fd, FS_IOC_GETFLAGS, &flags)) return -1;
    flags ^= FS_NODUMP_FL;
    return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

int held(const char *how, const char *file, const char *prefix) {
    char c = 'x';
    void *map = NULL;
    const int reads = !strcmp(how, "old-flags") || !strcmp(how, "old-read-only");
    int fd = open(file, reads ? O_RDONLY : O_RDWR | O_APPEND);
    if (fd < 0) return -1;
    if (!strcmp(how, "old-mprotect") && (map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0)) == MAP_FAILED) return -1;
    if (wait_for_go(prefix)) return -1;
    if (!strcmp(how, "old-write")) return write(fd, &c, 1) < 0 ? -1 : 0;
    if (!strcmp(how, "old-read") || !strcmp(how, "old-read-only")) return read(fd, &c, 1) < 0 ? -1 : 0;
    if (!strcmp(how, "old-mmap")) return mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0;
    if (!strcmp(how, "old-mprotect")) return mprotect(map, 4096, PROT_READ | PROT_WRITE);
    if (!strcmp(how, "old-truncate")) return ftruncate(fd, 0);
    if (!strcmp(how, "old-flags")) return change_flags(fd);
    errno = ENOSYS;
    return -1;
}

static char stack[65536] __attribute__((aligned(16)));

static int second_thread(void *file) {
    usleep(500000);  // the first one has ended
    if (unlink(file)) return 1;
    while (1) pause();
    return 0;
}

int leader_exits(const char *file) {
    const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    if (clone(second_thread, stack + sizeof(stack), flags, (void *)file) < 0) return -1;
    for (;;) syscall(SYS_exit, 0);
}
