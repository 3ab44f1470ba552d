// SPDX-License-Identifier: Apache-2.0
// Ways to execute a file, or to map it executable: `denied HOW FILE [OTHER]`.
// Static, so that it runs in any container, and so that a copy of it is a file
// to be executed: `denied nothing`, or `denied stay PREFIX`, which makes
// PREFIX.ready and waits for PREFIX.go. So does each HOW that begins with old-:
// it opens or maps FILE before, and acts afterwards.
// Prints "ok" or the errno's number, and ends with it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *kNothing[] = {"denied", "nothing", NULL};

static int wait_for_go(const char *prefix) {
    char ready[PATH_MAX], go[PATH_MAX];
    snprintf(ready, sizeof(ready), "%s.ready", prefix);
    snprintf(go, sizeof(go), "%s.go", prefix);
    int fd = open(ready, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0 || close(fd)) return -1;
    while (access(go, F_OK)) usleep(50000);
    return 0;
}

static int execute(const char *file) { return execv(file, kNothing); }

static int execute_descriptor(int fd) { return fd < 0 ? -1 : (int)syscall(SYS_execveat, fd, "", kNothing, environ, AT_EMPTY_PATH); }

static int by_proc(const char *file) {
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", open(file, O_RDONLY));
    return execute(path);
}

static int linked(const char *file, const char *other) {
    if (unlink(other) && errno != ENOENT) return -1;  // of an earlier time
    return link(file, other) ? -1 : execute(other);
}

// Renamed back, so that the next way finds it.
static int renamed(const char *file, const char *other) {
    if (rename(file, other)) return -1;
    const int r = execute(other), error = errno;
    if (rename(other, file)) return -1;
    errno = error;
    return r;
}

static int apart(void) { return unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ? -1 : 0; }

static int bound(const char *file, const char *other) {
    int fd = open(other, O_CREAT | O_WRONLY, 0755);
    if (fd < 0 || close(fd) || apart() || mount(file, other, NULL, MS_BIND, NULL)) return -1;
    return execute(other);
}

// Through another overlay, above the directory it is in: `act` is given the same file in it.
static int covered(const char *file, const char *other, int (*act)(const char *)) {
    char directory[PATH_MAX], name[PATH_MAX], path[PATH_MAX], options[4 * PATH_MAX];
    snprintf(directory, sizeof(directory), "%s", file);
    snprintf(name, sizeof(name), "%s", file);
    if ((mkdir(other, 0755) && errno != EEXIST) || apart() || mount("tmpfs", other, "tmpfs", 0, NULL)) return -1;
    snprintf(path, sizeof(path), "%s/upper", other);
    if (mkdir(path, 0755)) return -1;
    snprintf(path, sizeof(path), "%s/work", other);
    if (mkdir(path, 0755)) return -1;
    snprintf(path, sizeof(path), "%s/merged", other);
    if (mkdir(path, 0755)) return -1;
    snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s/upper,workdir=%s/work", dirname(directory), other, other);
    if (mount("overlay", path, "overlay", 0, options)) return -1;
    snprintf(path, sizeof(path), "%s/merged/%s", other, basename(name));
    return act(path);
}

static int map(const char *file, int protection, int flags) {
    int fd = open(file, O_RDONLY);
    return fd < 0 || mmap(NULL, 4096, protection, flags, fd, 0) == MAP_FAILED ? -1 : 0;
}

static int map_executable(const char *file) { return map(file, PROT_READ | PROT_EXEC, MAP_PRIVATE); }

static int change_mode(const char *file) { return chmod(file, 0755); }

static int script(const char *file, const char *other) {
    char text[PATH_MAX];
    int fd = open(other, O_CREAT | O_TRUNC | O_WRONLY, 0755);
    const int size = snprintf(text, sizeof(text), "#!%s\n", file);
    return fd < 0 || write(fd, text, (size_t)size) != size || close(fd) ? -1 : execute(other);
}

static int copy_to(const char *file, int to) {
    struct stat is;
    int from = open(file, O_RDONLY);
    if (from < 0 || fstat(from, &is)) return -1;
    while (is.st_size > 0) {
        const ssize_t n = sendfile(to, from, NULL, (size_t)is.st_size);
        if (n <= 0) return -1;
        is.st_size -= n;
    }
    return close(from);
}

static int copied(const char *file, const char *other) {
    int to = open(other, O_CREAT | O_TRUNC | O_WRONLY, 0755);
    return to < 0 || copy_to(file, to) || close(to) ? -1 : execute(other);
}

static int in_memory(const char *file) {
    int fd = memfd_create("copy", 0);
    return fd < 0 || copy_to(file, fd) ? -1 : execute_descriptor(fd);
}

static int held(const char *how, const char *file, const char *prefix) {
    const int is_mapped = !strcmp(how, "old-map");
    int fd = open(file, O_RDONLY);
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | (is_mapped ? PROT_EXEC : 0), MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED || wait_for_go(prefix)) return -1;
    if (is_mapped) return mprotect(at, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
    if (!strcmp(how, "old-mprotect")) return mprotect(at, 4096, PROT_READ | PROT_EXEC);
    if (!strcmp(how, "old-mmap")) return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0;
    return execute_descriptor(fd);  // old-descriptor
}

static int act(const char *how, const char *file, const char *other) {
    if (!strcmp(how, "nothing")) return 0;
    if (!strcmp(how, "stay")) return wait_for_go(file);
    if (!strcmp(how, "execute")) return execute(file);
    if (!strcmp(how, "descriptor")) return execute_descriptor(open(file, O_RDONLY));
    if (!strcmp(how, "by-proc")) return by_proc(file);
    if (!strcmp(how, "link")) return linked(file, other);
    if (!strcmp(how, "rename")) return renamed(file, other);
    if (!strcmp(how, "bind")) return bound(file, other);
    if (!strcmp(how, "overlay")) return covered(file, other, execute);
    if (!strcmp(how, "overlay-map")) return covered(file, other, map_executable);
    if (!strcmp(how, "overlay-copy-up")) return covered(file, other, change_mode);
    if (!strcmp(how, "script")) return script(file, other);
    if (!strcmp(how, "map")) return map_executable(file);
    if (!strcmp(how, "map-shared")) return map(file, PROT_READ | PROT_EXEC, MAP_SHARED);
    if (!strcmp(how, "map-implied")) return personality(READ_IMPLIES_EXEC) < 0 ? -1 : map(file, PROT_READ, MAP_PRIVATE);
    if (!strcmp(how, "map-read")) return map(file, PROT_READ, MAP_PRIVATE);
    if (!strcmp(how, "chmod")) return change_mode(file);
    if (!strcmp(how, "copy")) return copied(file, other);
    if (!strcmp(how, "memory")) return in_memory(file);
    if (!strncmp(how, "old-", 4)) return held(how, file, other);
    errno = ENOSYS;
    return -1;
}

int main(int argc, char **argv) {
    if (argc < 2) return 255;
    errno = 0;
    if (act(argv[1], argc > 2 ? argv[2] : "", argc > 3 ? argv[3] : "/tmp/denied-other") >= 0) {
        printf("ok\n");
        return 0;
    }
    printf("%d\n", errno);
    return errno;
}
