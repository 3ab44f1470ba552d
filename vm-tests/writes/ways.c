// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../network/net.h"
#include "writer.h"

#define PAGE 4096
#define EXCHANGE 2

#define FILE_IN at(w->place, "file")
#define NEW_IN at(w->place, "new")
#define NEW_OUT at(w->outside, "new")

static int opened(const char *file, int flags) {
    int fd = open(file, flags | O_CLOEXEC, 0644);
    return fd < 0 ? -1 : close(fd);
}
// One byte at the beginning: what it was before.
static int wrote(long n) { return n == 1 ? 0 : -1; }
static int written(const char *file) {
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    int code = wrote(pwrite(fd, "x", 1, 0));
    close(fd);
    return code;
}
static int made_again(const char *file) { return opened(file, O_CREAT | O_WRONLY); }
static int in_child(int code) { _exit(code ? errno : 0); }
static int result_of(pid_t child) {
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
    errno = WEXITSTATUS(status);
    return errno ? -1 : 0;
}

static int open_write(struct writer *w) { return opened(FILE_IN, O_WRONLY); }
static int open_append(struct writer *w) { return opened(FILE_IN, O_WRONLY | O_APPEND); }
static int open_both(struct writer *w) { return opened(FILE_IN, O_RDWR); }
static int open_truncate(struct writer *w) { return opened(at(w->place, "empty"), O_RDONLY | O_TRUNC); }
static int create(struct writer *w) { return opened(NEW_IN, O_CREAT | O_EXCL | O_WRONLY) || unlink(NEW_IN) ? -1 : 0; }
static int temporary(struct writer *w) { return opened(w->place, O_TMPFILE | O_WRONLY); }
static int make_directory(struct writer *w) { return mkdir(NEW_IN, 0755) || rmdir(NEW_IN) ? -1 : 0; }
static int remove_directory(struct writer *w) { return rmdir(at(w->place, "sub")) || mkdir(at(w->place, "sub"), 0755) ? -1 : 0; }
static int make_fifo(struct writer *w) { return mknod(NEW_IN, S_IFIFO | 0644, 0) || unlink(NEW_IN) ? -1 : 0; }
static int make_socket(struct writer *w) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", NEW_IN);
    int code = bind(s, (struct sockaddr *)&name, sizeof(name)), error = errno;
    close(s);
    errno = error;
    return code || unlink(NEW_IN) ? -1 : 0;
}
static int make_symlink(struct writer *w) { return symlink("file", NEW_IN) || unlink(NEW_IN) ? -1 : 0; }
static int link_in(struct writer *w) { return link(at(w->outside, "file"), NEW_IN) || unlink(NEW_IN) ? -1 : 0; }
static int link_out(struct writer *w) { return link(FILE_IN, NEW_OUT) || unlink(NEW_OUT) ? -1 : 0; }
static int remove_it(struct writer *w) { return unlink(at(w->place, "gone")) || made_again(at(w->place, "gone")) ? -1 : 0; }
static int rename_out(struct writer *w) { return rename(FILE_IN, NEW_OUT) || rename(NEW_OUT, FILE_IN) ? -1 : 0; }
static int rename_in(struct writer *w) { return rename(at(w->outside, "file"), NEW_IN) || rename(NEW_IN, at(w->outside, "file")) ? -1 : 0; }
static int rename_inside(struct writer *w) { return rename(FILE_IN, NEW_IN) || rename(NEW_IN, FILE_IN) ? -1 : 0; }
static int rename_place(struct writer *w) { return rename(w->place, NEW_OUT) || rename(NEW_OUT, w->place) ? -1 : 0; }
static int exchange_once(struct writer *w) { return (int)syscall(SYS_renameat2, AT_FDCWD, at(w->outside, "file"), AT_FDCWD, at(w->place, "gone"), EXCHANGE); }
static int exchange(struct writer *w) { return exchange_once(w) || exchange_once(w) ? -1 : 0; }
static int change_mode(struct writer *w) { return chmod(FILE_IN, 0644); }
static int change_mode_of_place(struct writer *w) { return chmod(w->place, 0755); }
static int change_owner(struct writer *w) { return chown(FILE_IN, 0, 0); }
static int change_times(struct writer *w) { return utimensat(AT_FDCWD, FILE_IN, NULL, 0); }
static int truncate_it(struct writer *w) { return truncate(FILE_IN, PAGE); }
static int set_attribute(struct writer *w) { return setxattr(FILE_IN, "user.quell", "x", 1, 0); }
static int remove_attribute(struct writer *w) { return removexattr(FILE_IN, "user.quell") || setxattr(FILE_IN, "user.quell", "x", 1, 0) ? -1 : 0; }
static int change_acl(struct writer *w) { return set_acl(FILE_IN); }
static int take_acl(struct writer *w) { return remove_acl(FILE_IN); }

static int old_write(struct writer *w) { return wrote(pwrite(w->old, "x", 1, 0)); }
static int old_truncate(struct writer *w) { return ftruncate(w->old, PAGE); }
static int old_allocate(struct writer *w) { return fallocate(w->old, 0, 0, PAGE); }
static int old_sendfile(struct writer *w) {
    off_t from = 0;
    return lseek(w->old, 0, SEEK_SET) ? -1 : wrote(sendfile(w->old, w->source, &from, 1));
}
static int old_splice(struct writer *w) {
    off_t to = 0;
    char c;
    if (write(w->pipe[1], "x", 1) != 1) return -1;
    int code = wrote(splice(w->pipe[0], NULL, w->old, &to, 1, 0)), error = errno;
    (void)!read(w->pipe[0], &c, 1);  // it stays there when it was refused
    errno = error;
    return code;
}
static int old_copy(struct writer *w) {
    off_t from = 0, to = 0;
    return wrote(copy_file_range(w->source, &from, w->old, &to, 1, 0));
}
static int old_mode(struct writer *w) { return fchmod(w->old, 0644); }
static int old_attribute(struct writer *w) { return fsetxattr(w->old, "user.quell", "x", 1, 0); }
static int old_map(struct writer *w) {
    void *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, w->old, 0);
    return map == MAP_FAILED ? -1 : munmap(map, PAGE);
}
static int old_protect(struct writer *w) { return mprotect(w->later, PAGE, PROT_READ | PROT_WRITE) || mprotect(w->later, PAGE, PROT_READ) ? -1 : 0; }
static const char *of_descriptor(int fd) {
    static char name[64];
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    return name;
}
static int old_link(struct writer *w) { return linkat(AT_FDCWD, of_descriptor(w->old), AT_FDCWD, NEW_OUT, AT_SYMLINK_FOLLOW) || unlink(NEW_OUT) ? -1 : 0; }
static int open_again(struct writer *w) { return opened(of_descriptor(w->reads), O_WRONLY); }
static int old_directory(struct writer *w) {
    int fd = openat(w->directory, "new", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    return fd < 0 || close(fd) || unlinkat(w->directory, "new", 0) ? -1 : 0;
}

static int ring_write(struct writer *w) { return wrote(ring_act(0, IORING_OP_WRITE, w->old, "x", 1, 0)); }
static int polled_write(struct writer *w) { return wrote(ring_act(1, IORING_OP_WRITE, w->old, "x", 1, 0)); }
static int ring_remove(struct writer *w) { return ring_act(0, IORING_OP_UNLINKAT, AT_FDCWD, at(w->place, "gone"), 0, 0) || made_again(at(w->place, "gone")) ? -1 : 0; }
static int ring_directory(struct writer *w) { return ring_act(0, IORING_OP_MKDIRAT, AT_FDCWD, NEW_IN, 0755, 0) || rmdir(NEW_IN) ? -1 : 0; }

static int by_bind(struct writer *w) { return written(at(at(w->outside, "bind"), "file")); }
static int by_bound_file(struct writer *w) { return written(at(w->outside, "bound")); }
static int late_bind(struct writer *w) {
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount(w->place, at(w->outside, "late"), NULL, MS_BIND, NULL)) return -1;
    return written(at(at(w->outside, "late"), "file"));
}
static int by_late_bind(struct writer *w) {
    pid_t child = fork();
    return child ? result_of(child) : in_child(late_bind(w));
}
static int by_root(struct writer *w) { return written(at("/proc/self/root", FILE_IN)); }
static int by_child(struct writer *w) {
    pid_t child = fork();
    return child ? result_of(child) : in_child(setsid() < 0 || old_write(w));
}

// What is not refused.
static int read_it(struct writer *w) { return opened(FILE_IN, O_RDONLY); }
static int old_read(struct writer *w) {
    char c;
    return wrote(pread(w->old, &c, 1, 0));
}
static int read_map(struct writer *w) {
    void *map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, w->old, 0);
    return map == MAP_FAILED ? -1 : munmap(map, PAGE);
}
static int private_map(struct writer *w) {
    char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, w->old, 0);
    if (map == MAP_FAILED) return -1;
    map[0] = 'p';
    return munmap(map, PAGE);
}
// It arrives in the file.
static int store(struct writer *w) {
    char c = 0;
    int fd = open(at(w->place, "mapped"), O_RDONLY | O_CLOEXEC);
    w->shared[0]++;
    if (fd < 0 || pread(fd, &c, 1, 0) != 1) return -1;
    close(fd);
    return c == w->shared[0] ? 0 : (errno = ENODATA, -1);
}
static int outside_write(struct writer *w) { return written(at(w->outside, "file")); }
static int outside_create(struct writer *w) { return opened(NEW_OUT, O_CREAT | O_EXCL | O_WRONLY) || unlink(NEW_OUT) ? -1 : 0; }
static int other_name(struct writer *w) { return written(at(w->outside, "other-name")); }
static int fifo(struct writer *w) {
    char c;
    int fd = open(at(w->place, "fifo"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    int code = fd < 0 || write(fd, "x", 1) != 1 || read(fd, &c, 1) != 1 ? -1 : 0, error = errno;
    if (fd >= 0) close(fd);
    errno = error;
    return code;
}

const struct way kWays[] = {
    {"open-write", open_write, "file_open"}, {"open-append", open_append, "file_open"}, {"open-both", open_both, "file_open"},
    {"open-truncate", open_truncate, "inode_setattr"}, {"create", create, "inode_create"}, {"temporary", temporary, "file_open"},
    {"mkdir", make_directory, "inode_mkdir"}, {"rmdir", remove_directory, "inode_rmdir"}, {"mknod", make_fifo, "inode_mknod"},
    {"socket", make_socket, "inode_mknod"}, {"symlink", make_symlink, "inode_symlink"}, {"link-in", link_in, "inode_link"},
    {"link-out", link_out, "inode_link"}, {"unlink", remove_it, "inode_unlink"}, {"rename-out", rename_out, "inode_rename"},
    {"rename-in", rename_in, "inode_rename"}, {"rename-inside", rename_inside, "inode_rename"}, {"rename-place", rename_place, "inode_rename"},
    {"exchange", exchange, "inode_rename"}, {"chmod", change_mode, "inode_setattr"}, {"chmod-place", change_mode_of_place, "inode_setattr"},
    {"chown", change_owner, "inode_setattr"}, {"utimes", change_times, "inode_setattr"}, {"truncate", truncate_it, "inode_setattr"},
    {"setxattr", set_attribute, "inode_setxattr"}, {"removexattr", remove_attribute, "inode_removexattr"},
    {"set-acl", change_acl, "inode_setxattr"}, {"remove-acl", take_acl, "inode_removexattr"},
    {"old-write", old_write, "file_permission"}, {"old-truncate", old_truncate, "inode_setattr"}, {"old-allocate", old_allocate, "file_permission"},
    {"old-sendfile", old_sendfile, "file_permission"}, {"old-splice", old_splice, "file_permission"}, {"old-copy", old_copy, "file_permission"},
    {"old-chmod", old_mode, "inode_setattr"}, {"old-setxattr", old_attribute, "inode_setxattr"}, {"old-map", old_map, "mmap_file"},
    {"old-mprotect", old_protect, "file_mprotect"}, {"old-link", old_link, "inode_link"}, {"open-again", open_again, "file_open"},
    {"old-directory", old_directory, "inode_create"}, {"ring-write", ring_write, "file_permission"}, {"polled-write", polled_write, "file_permission"},
    {"ring-unlink", ring_remove, "inode_unlink"}, {"ring-mkdir", ring_directory, "inode_mkdir"}, {"bind", by_bind, "file_open"},
    {"bound-file", by_bound_file, "file_open"}, {"late-bind", by_late_bind, "file_open"}, {"self-root", by_root, "file_open"},
    {"child", by_child, "file_permission"},
    {"read", read_it, NULL}, {"old-read", old_read, NULL}, {"read-map", read_map, NULL}, {"private-map", private_map, NULL}, {"store", store, NULL},
    {"outside-write", outside_write, NULL}, {"outside-create", outside_create, NULL}, {"other-name", other_name, NULL}, {"fifo", fifo, NULL},
    {NULL, NULL, NULL}};
