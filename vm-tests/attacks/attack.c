// SPDX-License-Identifier: Apache-2.0
// What an attacker does to a log, one way at a time: `attack HOW FILE
// [OTHER]`. Static and without helpers, so that it runs in any container.
// Prints "ok" or the errno's name as a number, and ends with it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "held.h"

#define RENAME_EXCHANGE_FLAG 2

static char directory[4096], base[256];

static void split(const char *file) {
    const char *slash = strrchr(file, '/');
    snprintf(directory, sizeof(directory), "%.*s", slash == file ? 1 : (int)(slash - file), file);
    snprintf(base, sizeof(base), "%s", slash + 1);
}

static int truncate_fd(const char *file) {
    int fd = open(file, O_WRONLY);
    return fd < 0 ? fd : ftruncate(fd, 0);
}

static int open_with(const char *file, int flags) {
    int fd = open(file, flags, 0644);
    if (fd >= 0) close(fd);
    return fd < 0 ? -1 : 0;
}

static int by_descriptor(const char *file) {
    split(file);
    int fd = open(directory, O_PATH | O_DIRECTORY);
    if (fd < 0 || chdir("/")) return -1;
    return unlinkat(fd, base, 0);
}

static int by_proc(const char *prefix, const char *file) {
    char path[8192];
    snprintf(path, sizeof(path), "%s%s", prefix, file);
    return unlink(path);
}

static int by_chroot(const char *file) {
    split(file);
    char path[300];
    if (chroot(directory) || chdir("/")) return -1;
    snprintf(path, sizeof(path), "/%s", base);
    return unlink(path);
}

// unshare -m, the directory bound elsewhere, the file removed there
static int by_bind(const char *file, const char *elsewhere) {
    char path[8192];
    split(file);
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return -1;
    if (mount(directory, elsewhere, NULL, MS_BIND, NULL)) return -1;
    snprintf(path, sizeof(path), "%s/%s", elsewhere, base);
    return unlink(path);
}

static int write_text(const char *file, const char *text) {
    int fd = open(file, O_WRONLY);
    return fd < 0 || write(fd, text, strlen(text)) < 0 ? -1 : close(fd);
}

// unshare -Urm first: the mount is made by somebody who is root of nothing
static int by_user_bind(const char *file, const char *elsewhere) {
    if (unshare(CLONE_NEWUSER) || write_text("/proc/self/setgroups", "deny") || write_text("/proc/self/uid_map", "0 0 1") ||
        write_text("/proc/self/gid_map", "0 0 1"))
        return -1;
    return by_bind(file, elsewhere);
}

static int over(const char *target, const char *source) {
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return -1;
    return mount(source, target, NULL, MS_BIND, NULL);
}

// a bind that asks for a propagation in the same call
static int over_private(const char *target, const char *source) {
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return -1;
    return mount(source, target, NULL, MS_BIND | MS_PRIVATE, NULL);
}

// the newer mount calls: open_tree a clone, move_mount it over the target
static int over_by_move(const char *target, const char *source) {
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return -1;
    int tree = syscall(SYS_open_tree, AT_FDCWD, source, 1 /* OPEN_TREE_CLONE */);
    if (tree < 0) return -1;
    return syscall(SYS_move_mount, tree, "", AT_FDCWD, target, 4 /* MOVE_MOUNT_F_EMPTY_PATH */);
}

// a mount taken elsewhere, by mount(2) and by the newer call; propagation would forbid it
static int move_away(const char *from, const char *to, int newer) {
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return -1;
    return newer ? syscall(SYS_move_mount, AT_FDCWD, from, AT_FDCWD, to, 0) : mount(from, to, NULL, MS_MOVE, NULL);
}

// one submission, waited for; the operation runs in a worker of the kernel's
static int by_io_uring(int operation, const char *file, const char *other) {
    struct io_uring_params p = {0};
    int ring = syscall(SYS_io_uring_setup, 4, &p);
    if (ring < 0) return -1;
    size_t size = p.sq_off.array + p.sq_entries * 4;
    size_t cq_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
    char *sq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    char *cq = mmap(NULL, cq_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
    struct io_uring_sqe *sqe = mmap(NULL, p.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
    if (sq == MAP_FAILED || cq == MAP_FAILED || sqe == MAP_FAILED) return -1;
    memset(sqe, 0, sizeof(*sqe));
    sqe->opcode = operation;
    sqe->fd = AT_FDCWD;
    sqe->addr = (uint64_t)(uintptr_t)file;
    if (operation == IORING_OP_RENAMEAT) {
        sqe->len = (uint32_t)AT_FDCWD;
        sqe->addr2 = (uint64_t)(uintptr_t)other;
    }
    ((uint32_t *)(sq + p.sq_off.array))[0] = 0;
    __atomic_store_n((uint32_t *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0) return -1;
    struct io_uring_cqe *cqe = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
    if (cqe->res < 0) {
        errno = -cqe->res;
        return -1;
    }
    return 0;
}

static int read_file(const char *file) {
    char c;
    int fd = open(file, O_RDONLY);
    if (fd < 0 || read(fd, &c, 1) < 0) return -1;
    return close(fd);
}

static int append(const char *file) {
    int fd = open(file, O_WRONLY | O_APPEND);
    return fd < 0 || write(fd, "x\n", 2) != 2 ? -1 : 0;
}

static int overwrite(const char *file) {
    int fd = open(file, O_WRONLY);
    return fd < 0 || pwrite(fd, "X", 1, 0) != 1 ? -1 : 0;
}

// a store through a shared map, and a hole punched: what no LSM hook tells from appending
static int store(const char *file) {
    int fd = open(file, O_RDWR);
    char *map = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) return -1;
    map[0] = 'X';
    return msync(map, 4096, MS_SYNC);
}

static int punch(const char *file) {
    int fd = open(file, O_WRONLY);
    return fd < 0 ? fd : fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1);
}

static int as_nobody(const char *file) { return setgid(65534) || setuid(65534) ? -1 : unlink(file); }

// One operation every 5 ms until it fails: whoever is contained meanwhile is met in the middle of it.
static int repeat_fork(void) {
    for (pid_t child;; usleep(5000)) {
        if ((child = fork()) < 0) return -1;
        if (!child) _exit(0);
        waitpid(child, NULL, 0);
    }
}

static int repeat_exec(char **argv) {
    usleep(5000);
    return execv("/bin/attack", argv);
}

static int repeat_open(const char *file) {
    for (int fd; (fd = open(file, O_RDONLY)) >= 0; usleep(5000)) close(fd);
    return -1;
}

// without a pause
static int repeat_read(const char *file) {
    while (!read_file(file)) {}
    return -1;
}

static int repeat_unlink(const char *prefix) {
    char path[4096];
    snprintf(path, sizeof(path), "%s", prefix);
    for (int i = 0; i < 100000; i++, usleep(5000)) {
        if (symlink("nowhere", path)) return -1;  // no hook that a containment attaches stands before it
        if (unlink(path)) return -1;
    }
    return 0;
}

static int execute(const char *file) {
    char *argv[] = {(char *)file, NULL};
    return execv(file, argv);
}

int main(int argc, char **argv) {
    if (argc < 3) return 255;
    const char *how = argv[1], *file = argv[2], *other = argc > 3 ? argv[3] : "/tmp/other";
    int r;
#define HOW(name, call) \
    if (!strcmp(how, name)) r = (call); \
    else
    HOW("unlink", unlink(file))
    HOW("rename-away", rename(file, other))
    HOW("rename-over", rename(other, file))
    HOW("exchange", (int)syscall(SYS_renameat2, AT_FDCWD, file, AT_FDCWD, other, RENAME_EXCHANGE_FLAG))
    HOW("truncate", truncate(file, 0))
    HOW("ftruncate", truncate_fd(file))
    HOW("open-truncate", open_with(file, O_WRONLY | O_TRUNC))
    HOW("creat", open_with(file, O_CREAT | O_WRONLY | O_TRUNC))
    HOW("link-out", link(file, other))
    HOW("by-descriptor", by_descriptor(file))
    HOW("by-self-root", by_proc("/proc/self/root", file))
    HOW("by-init-root", by_proc("/proc/1/root", file))
    HOW("by-chroot", by_chroot(file))
    HOW("by-bind", by_bind(file, other))
    HOW("by-user-bind", by_user_bind(file, other))
    HOW("mount-over", over(file, other))
    HOW("move-mount-over", over_by_move(file, other))
    HOW("mount-over-private", over_private(file, other))
    HOW("move-away", move_away(file, other, 0))
    HOW("move-mount-away", move_away(file, other, 1))
    HOW("umount", umount2(file, MNT_DETACH))
    HOW("io-uring", by_io_uring(IORING_OP_UNLINKAT, file, NULL))
    HOW("io-uring-rename", by_io_uring(IORING_OP_RENAMEAT, file, other))
    HOW("chmod", chmod(file, 0600))
    HOW("chown", chown(file, 0, 0))
    HOW("utimes", utimensat(AT_FDCWD, file, NULL, 0))
    HOW("setxattr", setxattr(file, "user.attack", "x", 1, 0))
    HOW("removexattr", removexattr(file, "user.attack"))
    HOW("read", read_file(file))
    HOW("append", append(file))
    HOW("overwrite", overwrite(file))
    HOW("execute", execute(file))
    HOW("store", store(file))
    HOW("punch", punch(file))
    HOW("as-nobody", as_nobody(file))
    HOW("repeat-fork", repeat_fork())
    HOW("repeat-exec", repeat_exec(argv))
    HOW("repeat-open", repeat_open(file))
    HOW("repeat-read", repeat_read(file))
    HOW("repeat-unlink", repeat_unlink(file))
    if (!strncmp(how, "old-", 4)) r = held(how, file, other);
    else
    HOW("leader-exits", leader_exits(file))
    return 254;
    if (r >= 0) {
        printf("ok\n");
        return 0;
    }
    printf("%d\n", errno);
    return errno;
}
