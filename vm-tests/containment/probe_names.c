// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../network/net.h"
#include "probe.h"

#define EXCHANGE 2
#define HERE ((uint32_t)AT_FDCWD)
#define FILE_GETATTR 468
#define FILE_SETATTR 469

static int reads(const char *file) { return opened(open(file, O_RDONLY | O_CLOEXEC)); }

static int open_read(struct writer *w) { return reads(DATA); }
static int open_write(struct writer *w) { return opened(open(DATA, O_WRONLY | O_CLOEXEC)); }
static int open_append(struct writer *w) { return opened(open(DATA, O_WRONLY | O_APPEND | O_CLOEXEC)); }
static int open_truncate(struct writer *w) {
    int fd = open(DATA, O_WRONLY | O_TRUNC | O_CLOEXEC);
    return fd < 0 || ftruncate(fd, PAGE) || close(fd) ? -1 : 0;
}
static int reopen(struct writer *w) { return reads(link_of(w->path)); }
static int reopen_old(struct writer *w) { return reads(link_of(w->reads)); }
static int by_handle(struct writer *w) { return w->has_handle ? opened(open_by_handle_at(w->top, &w->handle.head, O_RDONLY | O_CLOEXEC)) : (errno = EOPNOTSUPP, -1); }
static int by_map(struct writer *w) {
    char name[96];
    snprintf(name, sizeof(name), "/proc/self/map_files/%lx-%lx", (unsigned long)w->later, (unsigned long)w->later + PAGE);
    return reads(name);
}
static int by_other_name(struct writer *w) { return reads(KEPT); }
static int by_bind(struct writer *w) { return reads(at(at(w->place, "bind"), "data")); }
static int by_bound_file(struct writer *w) { return reads(at(w->place, "bound")); }
static int by_root(struct writer *w) { return reads(at("/proc/self/root", DATA)); }
static int alone(void) { return unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ? -1 : 0; }
static int in_namespace(struct writer *w) { return alone() ? -1 : reads(DATA); }
static int late_bind(struct writer *w) { return alone() || mount(w->place, at(w->place, "late"), NULL, MS_BIND, NULL) ? -1 : reads(at(at(w->place, "late"), "data")); }
static int by_namespace(struct writer *w) { return apart(in_namespace, w); }
static int by_late_bind(struct writer *w) { return apart(late_bind, w); }

static int execute_at(int fd, const char *name, int flags) {
    char *words[] = {"probe", NULL};
    syscall(SYS_execveat, fd, name, words, environ, flags);
    return -1;
}
static int exec_name(struct writer *w) { return execute_at(AT_FDCWD, PROGRAM, 0); }
static int exec_old(struct writer *w) { return execute_at(w->program, "", AT_EMPTY_PATH); }
static int exec_path(struct writer *w) { return execute_at(w->program_path, "", AT_EMPTY_PATH); }
static int exec_link(struct writer *w) { return execute_at(AT_FDCWD, link_of(w->program), 0); }
static int execute(struct writer *w) { return apart(exec_name, w); }
static int execute_old(struct writer *w) { return apart(exec_old, w); }
static int execute_path(struct writer *w) { return apart(exec_path, w); }
static int execute_link(struct writer *w) { return apart(exec_link, w); }

static int shorten(struct writer *w) { return truncate(DATA, PAGE); }
static int change_mode(struct writer *w) { return chmod(DATA, 0644); }
static int change_owner(struct writer *w) { return chown(DATA, 0, 0); }
static int change_times(struct writer *w) { return utimensat(AT_FDCWD, DATA, NULL, 0); }
static int set_attribute(struct writer *w) { return setxattr(DATA, "user.quell", "x", 1, 0); }
static int remove_attribute(struct writer *w) { return removexattr(DATA, "user.quell") || setxattr(DATA, "user.quell", "x", 1, 0) ? -1 : 0; }
static int change_acl(struct writer *w) { return set_acl(DATA); }
static int take_acl(struct writer *w) { return remove_acl(DATA); }
// file_setattr(2), since 6.17
static int set_flags(struct writer *w) {
    struct {
        uint64_t flags;
        uint32_t more[4];
    } attributes;
    if (syscall(FILE_GETATTR, AT_FDCWD, DATA, &attributes, sizeof(attributes), 0)) return -1;
    return (int)syscall(FILE_SETATTR, AT_FDCWD, DATA, &attributes, sizeof(attributes), 0);
}

static int rename_at(const char *from, const char *to, unsigned flags) { return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags); }
static int link_it(struct writer *w) { return link(DATA, FRESH) || unlink(FRESH) ? -1 : 0; }
static int remove_it(struct writer *w) { return unlink(DATA) || link(KEPT, DATA) ? -1 : 0; }
static int rename_away(struct writer *w) { return rename(DATA, FRESH) || rename(FRESH, DATA) ? -1 : 0; }
static int rename_over(struct writer *w) { return rename(OTHER, DATA) || link(KEPT, FRESH) || rename(FRESH, DATA) || made(OTHER) ? -1 : 0; }
static int exchange(struct writer *w) { return rename_at(DATA, OTHER, EXCHANGE) || rename_at(DATA, OTHER, EXCHANGE) ? -1 : 0; }
static int exchange_back(struct writer *w) { return rename_at(OTHER, DATA, EXCHANGE) || rename_at(OTHER, DATA, EXCHANGE) ? -1 : 0; }

static uint64_t word(const char *text) { return (uint64_t)(uintptr_t)text; }
static int ring_open(struct writer *w) { return opened(ring_act(0, IORING_OP_OPENAT, AT_FDCWD, DATA, 0, 0)); }
static int ring_unlink(struct writer *w) { return ring_act(0, IORING_OP_UNLINKAT, AT_FDCWD, DATA, 0, 0) || link(KEPT, DATA) ? -1 : 0; }
static int ring_link(struct writer *w) { return ring_act(0, IORING_OP_LINKAT, AT_FDCWD, DATA, HERE, word(FRESH)) || unlink(FRESH) ? -1 : 0; }
static int ring_rename(struct writer *w) { return ring_act(0, IORING_OP_RENAMEAT, AT_FDCWD, DATA, HERE, word(FRESH)) || rename(FRESH, DATA) ? -1 : 0; }

const struct way kByName[] = {
    {"open-read", open_read, "file_open"}, {"open-write", open_write, "file_open"}, {"open-append", open_append, "file_open"},
    {"open-truncate", open_truncate, "file_open"}, {"reopen", reopen, "file_open"}, {"reopen-old", reopen_old, "file_open"},
    {"by-handle", by_handle, "file_open"}, {"by-map", by_map, "file_open"}, {"other-name", by_other_name, "file_open"},
    {"bind", by_bind, "file_open"}, {"bound-file", by_bound_file, "file_open"}, {"late-bind", by_late_bind, "file_open"},
    {"namespace", by_namespace, "file_open"}, {"self-root", by_root, "file_open"}, {"execve", execute, "file_open"},
    {"execveat-old", execute_old, "file_open"}, {"execveat-path", execute_path, "file_open"}, {"execve-link", execute_link, "file_open"},
    {"truncate", shorten, "inode_setattr"}, {"chmod", change_mode, "inode_setattr"}, {"chown", change_owner, "inode_setattr"},
    {"utimes", change_times, "inode_setattr"}, {"setxattr", set_attribute, "inode_setxattr"}, {"removexattr", remove_attribute, "inode_removexattr"},
    {"set-acl", change_acl, "inode_setxattr"}, {"remove-acl", take_acl, "inode_removexattr"}, {"file-setattr", set_flags, "inode_setattr"},
    {"link", link_it, "inode_link"}, {"unlink", remove_it, "inode_unlink"}, {"rename-away", rename_away, "inode_rename"},
    {"rename-over", rename_over, "inode_rename"}, {"exchange", exchange, "inode_rename"}, {"exchange-back", exchange_back, "inode_rename"},
    {"ring-open", ring_open, "file_open"}, {"ring-unlink", ring_unlink, "inode_unlink"}, {"ring-link", ring_link, "inode_link"},
    {"ring-rename", ring_rename, "inode_rename"},
    {NULL, NULL, NULL}};
