// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "operations.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "reach.h"

#define RENAME_EXCHANGE_FLAG 2
#define UNUSED __attribute__((unused))

static int done_with(int fd) { return fd < 0 ? -1 : close(fd); }

static int unlink_it(const char *file, const char *other UNUSED) { return reach_unlink(file); }
static int rename_away(const char *file, const char *other) { return reach_rename(file, other, 0); }
static int rename_over(const char *file, const char *other) { return reach_rename(other, file, 0); }
static int exchange(const char *file, const char *other) { return reach_rename(file, other, RENAME_EXCHANGE_FLAG); }
static int link_it(const char *file, const char *other) { return reach_link(file, other); }
static int truncate_it(const char *file, const char *other UNUSED) { return truncate(reach_path(file), 0); }
static int open_truncate(const char *file, const char *other UNUSED) { return done_with(reach_open(file, O_WRONLY | O_TRUNC)); }
static int create_over(const char *file, const char *other UNUSED) { return done_with(reach_open(file, O_CREAT | O_WRONLY | O_TRUNC)); }

static int ftruncate_it(const char *file, const char *other UNUSED) {
    int fd = reach_open(file, O_WRONLY);
    return fd < 0 ? fd : ftruncate(fd, 0);
}

static int mount_over(const char *file, const char *other) { return mount(reach_path(other), reach_path(file), NULL, MS_BIND, NULL); }

// a bind that asks for a propagation in the same call
static int mount_over_private(const char *file, const char *other) {
    return mount(reach_path(other), reach_path(file), NULL, MS_BIND | MS_PRIVATE, NULL);
}

// the newer mount calls: open_tree a clone, move_mount it over the target
static int move_mount_over(const char *file, const char *other) {
    int tree = syscall(SYS_open_tree, reach_at, other, 1 /* OPEN_TREE_CLONE */);
    if (tree < 0) return -1;
    return syscall(SYS_move_mount, tree, "", reach_at, file, 4 /* MOVE_MOUNT_F_EMPTY_PATH */);
}

// a mount taken elsewhere, by mount(2) and by the newer call; propagation would forbid it
static int move_away(const char *file, const char *other) { return mount(reach_path(file), reach_path(other), NULL, MS_MOVE, NULL); }
static int move_mount_away(const char *file, const char *other) { return syscall(SYS_move_mount, reach_at, file, reach_at, other, 0); }

static int unmount(const char *file, const char *other UNUSED) { return umount2(reach_path(file), MNT_DETACH); }

// over it and off again: leaves nothing behind, so it can be done in the namespace that everybody sees
static int cover(const char *file, const char *other) { return mount_over(file, other) || unmount(file, NULL) ? -1 : 0; }
static int cover_private(const char *file, const char *other) { return mount_over_private(file, other) || unmount(file, NULL) ? -1 : 0; }
static int cover_by_move(const char *file, const char *other) { return move_mount_over(file, other) || unmount(file, NULL) ? -1 : 0; }
static int cover_by_tmpfs(const char *file, const char *other UNUSED) {
    return mount("none", reach_path(file), "tmpfs", 0, NULL) || unmount(file, NULL) ? -1 : 0;
}

static int change_mode(const char *file, const char *other UNUSED) { return chmod(file, 0600); }
static int change_owner(const char *file, const char *other UNUSED) { return chown(file, 0, 0); }
static int change_times(const char *file, const char *other UNUSED) { return utimensat(AT_FDCWD, file, NULL, 0); }
static int set_attribute(const char *file, const char *other UNUSED) { return setxattr(file, "user.attack", "x", 1, 0); }
static int remove_attribute(const char *file, const char *other UNUSED) { return removexattr(file, "user.attack"); }

static int read_it(const char *file, const char *other UNUSED) {
    char c;
    int fd = reach_open(file, O_RDONLY);
    if (fd < 0 || read(fd, &c, 1) < 0) return -1;
    return close(fd);
}

static int append(const char *file, const char *other UNUSED) {
    int fd = reach_open(file, O_WRONLY | O_APPEND);
    return fd < 0 || write(fd, "x\n", 2) != 2 ? -1 : 0;
}

// what an open says beside the way: POSIX' flags
static int open_sync(const char *file, const char *other UNUSED) { return done_with(reach_open(file, O_WRONLY | O_DSYNC)); }
static int open_nofollow(const char *file, const char *other UNUSED) { return done_with(reach_open(file, O_RDONLY | O_NOFOLLOW)); }
static int open_noatime(const char *file, const char *other UNUSED) { return done_with(reach_open(file, O_RDONLY | O_NOATIME)); }

static int overwrite(const char *file, const char *other UNUSED) {
    int fd = open(file, O_WRONLY);
    return fd < 0 || pwrite(fd, "X", 1, 0) != 1 ? -1 : 0;
}

// a store through a shared map, and a hole punched: what no LSM hook tells from appending
static int store(const char *file, const char *other UNUSED) {
    int fd = open(file, O_RDWR);
    char *map = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) return -1;
    map[0] = 'X';
    return msync(map, 4096, MS_SYNC);
}

static int punch(const char *file, const char *other UNUSED) {
    int fd = open(file, O_WRONLY);
    return fd < 0 ? fd : fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1);
}

static int map_executable(const char *file, const char *other UNUSED) {
    int fd = open(file, O_RDONLY);
    return fd < 0 || mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0;
}

// a write takes setuid away: nobody's chmod
static int as_nobody_append(const char *file, const char *other UNUSED) {
    return setgid(65534) || setuid(65534) ? -1 : append(file, NULL);
}

static int as_nobody(const char *file, const char *other UNUSED) { return setgid(65534) || setuid(65534) ? -1 : unlink(file); }

static int execute(const char *file, const char *other UNUSED) {
    char *argv[] = {(char *)file, NULL};
    return execv(file, argv);
}

const struct operation kOperations[] = {
    // name, run, every, other, by_ring, apart
    {"unlink", unlink_it, 1, OTHER_NONE, 1, 0},
    {"rename-inside", rename_away, 1, OTHER_NEW, 1, 0},
    {"rename-away", rename_away, 1, OTHER_OUTSIDE, 1, 0},
    {"rename-over", rename_over, 1, OTHER_BESIDE, 1, 0},
    {"exchange", exchange, 1, OTHER_BESIDE, 1, 0},
    {"truncate", truncate_it, 1, OTHER_NONE, 0, 0},
    {"ftruncate", ftruncate_it, 1, OTHER_NONE, 0, 0},
    {"open-truncate", open_truncate, 1, OTHER_NONE, 1, 0},
    {"creat", create_over, 1, OTHER_NONE, 1, 0},
    {"link-inside", link_it, 1, OTHER_NEW, 1, 0},
    {"link-out", link_it, 1, OTHER_OUTSIDE, 1, 0},
    {"cover", cover, 1, OTHER_DIRECTORY, 0, 0},
    {"cover-private", cover_private, 1, OTHER_DIRECTORY, 0, 0},
    {"cover-by-tmpfs", cover_by_tmpfs, 1, OTHER_MOUNTPOINT, 0, 0},
    {"cover-by-move", cover_by_move, 1, OTHER_DIRECTORY, 0, 0},
    {"cover-file", cover, 1, OTHER_FILE, 0, 0},
    {"cover-above", cover, 1, OTHER_ABOVE, 0, 0},
    {"umount-apart", unmount, 1, OTHER_MOUNTPOINT, 0, 1},
    {"umount", unmount, 0, OTHER_NONE, 0, 0},
    {"mount-over", mount_over, 0, OTHER_DIRECTORY, 0, 1},
    {"mount-over-private", mount_over_private, 0, OTHER_DIRECTORY, 0, 1},
    {"move-mount-over", move_mount_over, 0, OTHER_DIRECTORY, 0, 1},
    {"move-away", move_away, 0, OTHER_DIRECTORY, 0, 1},
    {"move-mount-away", move_mount_away, 0, OTHER_DIRECTORY, 0, 1},
    {"chmod", change_mode, 0, OTHER_NONE, 0, 0},
    {"chown", change_owner, 0, OTHER_NONE, 0, 0},
    {"utimes", change_times, 0, OTHER_NONE, 0, 0},
    {"setxattr", set_attribute, 0, OTHER_NONE, 0, 0},
    {"removexattr", remove_attribute, 0, OTHER_NONE, 0, 0},
    {"read", read_it, 0, OTHER_NONE, 1, 0},
    {"append", append, 0, OTHER_NONE, 1, 0},
    {"overwrite", overwrite, 0, OTHER_NONE, 0, 0},
    {"open-sync", open_sync, 0, OTHER_NONE, 0, 0},
    {"open-nofollow", open_nofollow, 0, OTHER_NONE, 0, 0},
    {"open-noatime", open_noatime, 0, OTHER_NONE, 0, 0},
    {"execute", execute, 0, OTHER_NONE, 0, 0},
    {"store", store, 0, OTHER_NONE, 0, 0},
    {"punch", punch, 0, OTHER_NONE, 0, 0},
    {"as-nobody", as_nobody, 0, OTHER_NONE, 0, 0},
    {"as-nobody-append", as_nobody_append, 0, OTHER_NONE, 0, 0},
    {"map-executable", map_executable, 0, OTHER_NONE, 0, 0},
};
const unsigned kOperationCount = sizeof(kOperations) / sizeof(kOperations[0]);

const struct operation *find_operation(const char *name) {
    for (unsigned i = 0; i < kOperationCount; i++)
        if (!strcmp(kOperations[i].name, name)) return &kOperations[i];
    return NULL;
}

int takes_other(const struct operation *operation) { return operation->other != OTHER_NONE && operation->other != OTHER_MOUNTPOINT; }
