// SPDX-License-Identifier: Apache-2.0
// Does what it reads, a line each: `UID GID OPERATION PATH [A [B]]`, with that effective user and all capabilities, puts back as
// root what that changed, and prints the errno of each, 0 for none. Static, for any container.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

struct deed {
    const char *path;
    const char *other;      // A as a path
    unsigned first, second; // A and B as numbers
    struct stat before;
};

static int opened(const struct deed *d, int flags) {
    int fd = open(d->path, flags | O_NONBLOCK | O_CLOEXEC, d->first);
    if (fd < 0) return -1;
    close(fd);
    return 0;
}

static int do_read(struct deed *d) { return opened(d, O_RDONLY); }
static int do_write(struct deed *d) { return opened(d, O_WRONLY); }
static int do_both(struct deed *d) { return opened(d, O_RDWR); }
static int do_create(struct deed *d) { return opened(d, O_WRONLY | O_CREAT | O_EXCL); }
static int do_directory(struct deed *d) { return mkdir(d->path, d->first); }
static int do_node(struct deed *d) { return mknod(d->path, S_IFIFO | d->first, 0); }
static int do_unlink(struct deed *d) { return unlink(d->path); }
static int do_truncate(struct deed *d) { return truncate(d->path, 0); }
static int do_mode(struct deed *d) { return chmod(d->path, d->first); }
static int do_owner(struct deed *d) { return chown(d->path, d->first, d->second); }
static int do_attribute(struct deed *d) { return setxattr(d->path, "trusted.q", "v", 1, 0); }
static int do_link(struct deed *d) { return link(d->path, d->other); }
static int do_rename(struct deed *d) { return rename(d->path, d->other); }

static int do_map(struct deed *d) {
    int fd = open(d->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), error;
    if (fd < 0) return -1;
    void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    error = errno;
    close(fd);
    errno = error;
    return at == MAP_FAILED ? -1 : munmap(at, 4096);
}

static int put_file(const struct deed *d) {
    int fd = open(d->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), result;
    if (fd < 0) return -1;
    result = write(fd, "line\n", 5) != 5 || fchown(fd, d->before.st_uid, d->before.st_gid) || fchmod(fd, d->before.st_mode & 07777);
    close(fd);
    return result ? -1 : 0;
}

static int undo_nothing(struct deed *d) { return (void)d, 0; }
static int undo_new(struct deed *d) { return unlink(d->path); }
static int undo_directory(struct deed *d) { return rmdir(d->path); }
static int undo_removal(struct deed *d) { return put_file(d); }
static int undo_mode(struct deed *d) { return chmod(d->path, d->before.st_mode & 07777); }
static int undo_owner(struct deed *d) {
    // a change of owner takes setuid bits along
    return chown(d->path, d->before.st_uid, d->before.st_gid) || chmod(d->path, d->before.st_mode & 07777) ? -1 : 0;
}
static int undo_attribute(struct deed *d) { return removexattr(d->path, "trusted.q"); }
static int undo_link(struct deed *d) { return unlink(d->other); }
static int undo_rename(struct deed *d) { return rename(d->other, d->path); }

static const struct operation {
    const char *name;
    int (*act)(struct deed *);
    int (*undo)(struct deed *);
} operations[] = {
    {"read", do_read, undo_nothing},       {"write", do_write, undo_nothing},   {"both", do_both, undo_nothing},
    {"create", do_create, undo_new},       {"directory", do_directory, undo_directory}, {"node", do_node, undo_new},
    {"unlink", do_unlink, undo_removal},   {"truncate", do_truncate, undo_removal},     {"mode", do_mode, undo_mode},
    {"owner", do_owner, undo_owner},       {"attribute", do_attribute, undo_attribute}, {"link", do_link, undo_link},
    {"rename", do_rename, undo_rename},    {"map", do_map, undo_nothing},
};

// Whoever is no longer user 0 has no effective capability left, but may take again what is permitted.
static int take_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data)) return -1;
    for (int i = 0; i < 2; i++) data[i].effective = data[i].permitted;
    return syscall(SYS_capset, &header, data);
}

// The errno, or 1000 and more where something was not put back: nothing after it would mean what it says.
static int done_by(const struct operation *o, struct deed *d, unsigned uid, unsigned gid) {
    int error = 0;
    if (stat(d->path, &d->before)) memset(&d->before, 0, sizeof(d->before));
    if (setresgid(-1, gid, -1) || setresuid(-1, uid, -1) || take_capabilities()) return 2000;
    errno = 0;
    if (o->act(d)) error = errno;
    if (setresuid(-1, 0, -1) || setresgid(-1, 0, -1)) return 3000;
    if (!error && o->undo(d)) return 1000 + errno;
    // made, and then not opened
    if (error && o->act == do_create) (void)unlink(d->path);
    return error;
}

int main(void) {
    char name[32], path[512], a[512], b[32], line[1200];
    umask(0);
    while (fgets(line, sizeof(line), stdin)) {
        unsigned uid, gid, i;
        struct deed d = {.path = path, .other = a};
        a[0] = b[0] = 0;
        if (sscanf(line, "%u %u %31s %511s %511s %31s", &uid, &gid, name, path, a, b) < 4) return 2;
        d.first = strtoul(a, NULL, 0);
        d.second = strtoul(b, NULL, 0);
        for (i = 0; i < sizeof(operations) / sizeof(*operations); i++)
            if (!strcmp(name, operations[i].name)) break;
        if (i == sizeof(operations) / sizeof(*operations)) return 3;
        printf("%d\n", done_by(&operations[i], &d, uid, gid));
        fflush(stdout);
    }
    return 0;
}
