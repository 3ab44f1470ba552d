// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../network/net.h"
#include "probe.h"

#define PIDFD_OPEN 434
#define PIDFD_GETFD 438

static char byte;

static int old_read(struct writer *w) { return moved(pread(w->reads, &byte, 1, 0)); }
static int old_write(struct writer *w) { return moved(pwrite(w->old, "x", 1, 0)); }
static int old_preadv2(struct writer *w) { return moved(preadv2(w->old, &(struct iovec){&byte, 1}, 1, 0, 0)); }
static int old_pwritev2(struct writer *w) { return moved(pwritev2(w->old, &(struct iovec){&byte, 1}, 1, 0, 0)); }
static int ring_read(struct writer *w) { return moved(ring_act(0, IORING_OP_READ, w->old, &byte, 1, 0)); }
static int ring_write(struct writer *w) { return moved(ring_act(0, IORING_OP_WRITE, w->old, "x", 1, 0)); }
static int polled_read(struct writer *w) { return moved(ring_act(1, IORING_OP_READ, w->old, &byte, 1, 0)); }
static int polled_write(struct writer *w) { return moved(ring_act(1, IORING_OP_WRITE, w->old, "x", 1, 0)); }
static int send_from(struct writer *w) {
    off_t from = 0;
    return moved(sendfile(w->sink, w->old, &from, 1));
}
static int send_to(struct writer *w) {
    off_t from = 0;
    return lseek(w->old, 0, SEEK_SET) ? -1 : moved(sendfile(w->old, w->source, &from, 1));
}
// What is in the pipe goes, whoever was refused.
static int emptied(struct writer *w, int code) {
    int error = errno;
    while (read(w->pipe[0], &byte, 1) == 1) {}
    errno = error;
    return code;
}
static int splice_from(struct writer *w) {
    off_t from = 0;
    return emptied(w, moved(splice(w->old, &from, w->pipe[1], NULL, 1, 0)));
}
static int splice_to(struct writer *w) {
    off_t to = 0;
    return write(w->pipe[1], "x", 1) != 1 ? -1 : emptied(w, moved(splice(w->pipe[0], NULL, w->old, &to, 1, 0)));
}
static int copy_from(struct writer *w) {
    off_t from = 0, to = 0;
    return moved(copy_file_range(w->old, &from, w->sink, &to, 1, 0));
}
static int copy_to(struct writer *w) {
    off_t from = 0, to = 0;
    return moved(copy_file_range(w->source, &from, w->old, &to, 1, 0));
}
static int allocate(struct writer *w) { return fallocate(w->old, 0, 0, PAGE); }
static int mapped(int fd, int protection, int flags) {
    void *map = mmap(NULL, PAGE, protection, flags, fd, 0);
    return map == MAP_FAILED ? -1 : munmap(map, PAGE);
}
static int map_read(struct writer *w) { return mapped(w->reads, PROT_READ, MAP_PRIVATE); }
static int map_shared(struct writer *w) { return mapped(w->old, PROT_READ | PROT_WRITE, MAP_SHARED); }
static int map_executable(struct writer *w) { return mapped(w->program, PROT_READ | PROT_EXEC, MAP_PRIVATE); }
static int protect(struct writer *w) { return mprotect(w->later, PAGE, PROT_READ | PROT_WRITE) || mprotect(w->later, PAGE, PROT_READ) ? -1 : 0; }

static int old_truncate(struct writer *w) { return ftruncate(w->old, PAGE); }
static int old_mode(struct writer *w) { return fchmod(w->old, 0644); }
static int old_owner(struct writer *w) { return fchown(w->old, 0, 0); }
static int old_times(struct writer *w) { return futimens(w->old, NULL); }
static int old_attribute(struct writer *w) { return fsetxattr(w->old, "user.quell", "x", 1, 0); }
static int old_no_attribute(struct writer *w) { return fremovexattr(w->old, "user.quell") || fsetxattr(w->old, "user.quell", "x", 1, 0) ? -1 : 0; }
static int link_empty(struct writer *w) { return linkat(w->old, "", AT_FDCWD, FRESH, AT_EMPTY_PATH) || unlink(FRESH) ? -1 : 0; }
static int link_by_proc(struct writer *w) { return linkat(AT_FDCWD, link_of(w->old), AT_FDCWD, FRESH, AT_SYMLINK_FOLLOW) || unlink(FRESH) ? -1 : 0; }

static int how_much(struct writer *w) {
    int left = 0;
    return ioctl(w->reads, FIONREAD, &left);
}
static int get_flags(struct writer *w) {
    int flags = 0;
    return ioctl(w->reads, FS_IOC_GETFLAGS, &flags);
}
static int set_flags(struct writer *w) { return ioctl(w->old, FS_IOC_SETFLAGS, &w->flags); }
static int lock_all(struct writer *w) { return flock(w->old, LOCK_SH | LOCK_NB) || flock(w->old, LOCK_UN) ? -1 : 0; }
static int lock_part(struct writer *w) { return lock_byte(w->old, F_SETLK, F_WRLCK, 0) || lock_byte(w->old, F_SETLK, F_UNLCK, 0) ? -1 : 0; }
static int lock_open(struct writer *w) { return lock_byte(w->old, F_OFD_SETLK, F_RDLCK, 0) || lock_byte(w->old, F_OFD_SETLK, F_UNLCK, 0) ? -1 : 0; }

union control {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
};
// Who receives is told no errno: the message comes without the descriptor, and says that something was left out.
static int received(int socket) {
    union control control = {0};
    struct msghdr message = {.msg_iov = &(struct iovec){&byte, 1}, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1) return -1;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (!head) return errno = message.msg_flags & MSG_CTRUNC ? EPERM : ENODATA, -1;
    int fd;
    memcpy(&fd, CMSG_DATA(head), sizeof(fd));
    return close(fd);
}
static int sent(int socket, int fd) {
    union control control = {0};
    struct msghdr message = {.msg_iov = &(struct iovec){"x", 1}, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(head), &fd, sizeof(fd));
    return moved(sendmsg(socket, &message, 0));
}
static int passed(int of) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) return -1;
    int code = sent(ends[0], of) || received(ends[1]) ? -1 : 0, error = errno;
    close(ends[0]);
    close(ends[1]);
    errno = error;
    return code;
}
static int pass(struct writer *w) { return passed(w->old); }
static int take(struct writer *w) {
    int self = (int)syscall(PIDFD_OPEN, getpid(), 0);
    if (self < 0) return -1;
    int code = opened((int)syscall(PIDFD_GETFD, self, w->old, 0)), error = errno;
    close(self);
    errno = error;
    return code;
}


// A descriptor that another ring, or a child, has as well: to have it takes no call that is asked about.
static int given_to_ring(struct writer *w, int and_read) {
    const struct io_uring_sqe give = {.opcode = IORING_OP_MSG_RING, .fd = ring_fd(1), .addr = IORING_MSG_SEND_FD, .file_index = 1, .msg_ring_flags = IORING_MSG_RING_CQE_SKIP};
    const struct io_uring_sqe use = {.opcode = IORING_OP_READ, .flags = IOSQE_FIXED_FILE, .addr = (uintptr_t)&byte, .len = 1};
    const int none = -1;
    if (ring_has(0, &w->old)) return -1;
    int code = ring_has(1, &none) || ring_do(0, &give) || (and_read && moved(ring_do(1, &use))) ? -1 : 0, error = errno;
    (void)!ring_has(1, NULL);
    (void)!ring_has(0, NULL);
    errno = error;
    return code;
}
static int given_read(struct writer *w) { return given_to_ring(w, 1); }
static int inherited_read(struct writer *w) { return apart(old_read, w); }

const struct way kOnDescriptors[] = {
    {"old-read", old_read, "file_permission"}, {"old-write", old_write, "file_permission"}, {"preadv2", old_preadv2, "file_permission"},
    {"pwritev2", old_pwritev2, "file_permission"}, {"ring-read", ring_read, "file_permission"}, {"ring-write", ring_write, "file_permission"},
    {"polled-read", polled_read, "file_permission"}, {"polled-write", polled_write, "file_permission"}, {"sendfile-from", send_from, "file_permission"},
    {"sendfile-to", send_to, "file_permission"}, {"splice-from", splice_from, "file_permission"}, {"splice-to", splice_to, "file_permission"},
    {"copy-from", copy_from, "file_permission"}, {"copy-to", copy_to, "file_permission"}, {"fallocate", allocate, "file_permission"},
    {"map-read", map_read, "mmap_file"}, {"map-shared", map_shared, "mmap_file"}, {"map-executable", map_executable, "mmap_file"},
    {"mprotect", protect, "file_mprotect"}, {"ftruncate", old_truncate, "inode_setattr"}, {"fchmod", old_mode, "inode_setattr"},
    {"fchown", old_owner, "inode_setattr"}, {"futimens", old_times, "inode_setattr"}, {"fsetxattr", old_attribute, "inode_setxattr"},
    {"fremovexattr", old_no_attribute, "inode_removexattr"}, {"link-empty", link_empty, "inode_link"}, {"link-proc", link_by_proc, "inode_link"},
    {"ioctl", how_much, "file_permission"}, {"get-flags", get_flags, "file_permission"}, {"set-flags", set_flags, "file_permission"},
    {"flock", lock_all, "file_permission"}, {"fcntl-lock", lock_part, "file_permission"}, {"ofd-lock", lock_open, "file_permission"},
    {"scm-rights", pass, "file_permission"}, {"pidfd-getfd", take, "file_permission"}, {"given-read", given_read, "file_permission"},
    {"inherited-read", inherited_read, "file_permission"},
    {NULL, NULL, NULL}};

// What is not refused. The file itself cannot be looked at meanwhile: a second map of it shows what has arrived.
static int arrived(struct writer *w, char what) { return ((volatile char *)w->later)[0] == what ? 0 : (errno = ENODATA, -1); }
static int store(struct writer *w) {
    const char next = (char)(w->shared[0] + 1);
    ((volatile char *)w->shared)[0] = next;
    return arrived(w, next);
}
static int own_memory(struct writer *w) {
    const char next = (char)(w->shared[0] + 1);
    int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    if (fd < 0 || moved(pwrite(fd, &next, 1, (off_t)(uintptr_t)w->shared)) || close(fd)) return -1;
    return arrived(w, next);
}
static int open_path(struct writer *w) { return opened(open(DATA, O_PATH | O_CLOEXEC)); }
static int look(struct writer *w) {
    struct stat now;
    return stat(DATA, &now) || now.st_size != PAGE ? -1 : 0;
}
static int look_old(struct writer *w) {
    struct stat now;
    return fstat(w->old, &now) || now.st_size != PAGE ? -1 : 0;
}
static int get_attribute(struct writer *w) { return moved(getxattr(DATA, "user.quell", &byte, 1)); }
static int get_old_attribute(struct writer *w) { return moved(fgetxattr(w->old, "user.quell", &byte, 1)); }
// One that it has had since before: nobody is to wait for it for ever.
static int unlock(struct writer *w) {
    if (lock_byte(w->locked, F_OFD_SETLK, F_UNLCK, 100) || lock_byte(w->old, F_OFD_GETLK, F_WRLCK, 100) || flock(w->locked, LOCK_UN)) return -1;
    (void)!lock_byte(w->locked, F_OFD_SETLK, F_WRLCK, 100);
    return 0;
}
static int duplicate(struct writer *w) { return opened(dup(w->old)); }
static int give(struct writer *w) { return given_to_ring(w, 0); }
static int inherit(struct writer *w) { return apart(look_old, w); }
static int other_file(struct writer *w) {
    int fd = open(OTHER, O_RDWR | O_CLOEXEC), left = 0;
    if (fd < 0) return -1;
    int code = moved(pwrite(fd, "x", 1, 0)) || ioctl(fd, FIONREAD, &left) || flock(fd, LOCK_EX | LOCK_NB) || passed(fd) ? -1 : 0, error = errno;
    close(fd);
    errno = error;
    return code;
}

const struct way kLeft[] = {
    {"store", store, NULL}, {"own-memory", own_memory, NULL}, {"open-path", open_path, NULL}, {"stat", look, NULL}, {"fstat", look_old, NULL},
    {"getxattr", get_attribute, NULL}, {"fgetxattr", get_old_attribute, NULL}, {"unlock", unlock, NULL}, {"dup", duplicate, NULL}, {"given", give, NULL},
    {"inherited", inherit, NULL}, {"other-file", other_file, NULL},
    {NULL, NULL, NULL}};
