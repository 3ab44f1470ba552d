// SPDX-License-Identifier: Apache-2.0
// What has no path: `acts OPERATION [ARGUMENT…]`, static, for any container.
// Prints "ok" or the errno's number, and ends with it; a forked victim is its own.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int victim(void) {
    int child = fork();
    if (!child) {
        pause();
        _exit(0);
    }
    return child;
}

static int end(int child, int result) {
    int error = errno;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    errno = error;
    return result;
}

static int attach(char **words) {
    (void)words;
    int child = victim();
    return end(child, ptrace(PTRACE_SEIZE, child, 0, 0) < 0 ? -1 : 0);
}

// Somebody else's memory, without attaching.
static int poke(char **words) {
    (void)words;
    int child = victim();
    char path[64], byte = 0;
    snprintf(path, sizeof(path), "/proc/%d/mem", child);
    int fd = open(path, O_RDWR);
    return end(child, fd < 0 || pwrite(fd, &byte, 1, 0) == -2 ? -1 : 0);
}

// Only looks: /proc/PID/maps of another.
static int look(char **words) {
    (void)words;
    int child = victim();
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/maps", child);
    return end(child, open(path, O_RDONLY) < 0 ? -1 : 0);
}

static int traceme(char **words) {
    (void)words;
    return ptrace(PTRACE_TRACEME, 0, 0, 0) < 0 ? -1 : 0;
}

static int signal_child(char **words) {
    int child = victim();
    return end(child, kill(child, atoi(words[0])));
}

static int set_uid(char **words) { return setresuid(-1, atoi(words[0]), -1); }
static int set_gid(char **words) { return setresgid(-1, atoi(words[0]), -1); }
static int user_namespace(char **words) { (void)words; return unshare(CLONE_NEWUSER); }
static int uts_namespace(char **words) { (void)words; return unshare(CLONE_NEWUTS); }

static int change_host_name(char **words) {
    (void)words;
    char name[64];
    return gethostname(name, sizeof(name)) || sethostname(name, strlen(name)) ? -1 : 0;
}

static int bpf_map(char **words) {
    (void)words;
    union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    return syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes)) < 0 ? -1 : 0;
}

static int bpf_next(char **words) {
    (void)words;
    union bpf_attr attributes = {0};
    return syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &attributes, sizeof(attributes)) < 0 ? -1 : 0;
}

static int module_of_memory(char **words) {
    (void)words;
    static char image[4096];
    return syscall(SYS_init_module, image, sizeof(image), "");
}

static int module_of_file(char **words) { return syscall(SYS_finit_module, open(words[0], O_RDONLY), "", 0); }

static int mount_it(char **words) { return mount(words[0], words[1], words[2], 0, NULL); }
static int mount_read_only(char **words) { return mount(words[0], words[1], words[2], MS_RDONLY, NULL); }

// A bind mounts no file system.
static int bind_it(char **words) { return mount(words[0], words[1], NULL, MS_BIND, NULL); }

static int pivot(char **words) {
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return -1;
    if (mount("none", words[0], "tmpfs", 0, NULL) || chdir(words[0])) return -1;
    return syscall(SYS_pivot_root, ".", ".");
}

static struct sockaddr_storage address_of(const char *address, const char *port, socklen_t *size) {
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *four = (void *)&storage;
    struct sockaddr_in6 *six = (void *)&storage;
    if (strchr(address, ':')) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(atoi(port));
        inet_pton(AF_INET6, address, &six->sin6_addr);
        *size = sizeof(*six);
    } else {
        four->sin_family = AF_INET;
        four->sin_port = htons(atoi(port));
        inet_pton(AF_INET, address, &four->sin_addr);
        *size = sizeof(*four);
    }
    return storage;
}

// By datagrams, which need nobody at the other side.
static int connect_to(char **words) {
    socklen_t size;
    struct sockaddr_storage to = address_of(words[0], words[1], &size);
    return connect(socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), (void *)&to, size);
}

static int bind_to(char **words) {
    socklen_t size;
    struct sockaddr_storage to = address_of(words[0], words[1], &size);
    return bind(socket(to.ss_family, SOCK_DGRAM, 0), (void *)&to, size);
}

/* As bind(2) of old had it: with no family at all. */
static int bind_unspecified(char **words) {
    struct sockaddr_in to = {.sin_family = AF_UNSPEC, .sin_port = htons(atoi(words[0]))};
    return bind(socket(AF_INET, SOCK_DGRAM, 0), (void *)&to, sizeof(to));
}

static int listen_at(char **words) {
    socklen_t size;
    struct sockaddr_storage to = address_of(words[0], words[1], &size);
    int fd = socket(to.ss_family, SOCK_STREAM, 0);
    return bind(fd, (void *)&to, size) ? -1 : listen(fd, 1);
}

static int accept_at(char **words) {
    socklen_t size;
    struct sockaddr_storage to = address_of(words[0], words[1], &size);
    int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(fd, (void *)&to, size) || listen(fd, 1)) return -1;
    return accept(fd, NULL, NULL) < 0 && errno != EAGAIN ? -1 : 0;
}

static int raw_socket(char **words) { (void)words; return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static int packet_socket(char **words) { (void)words; return socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)); }
static int plain_socket(char **words) { (void)words; return socket(AF_INET, SOCK_STREAM, 0); }

static int unix_pair(const char *path, int type, struct sockaddr_un *name) {
    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    strncpy(name->sun_path, path, sizeof(name->sun_path) - 1);
    int fd = socket(AF_UNIX, type, 0);
    unlink(path);
    if (bind(fd, (void *)name, sizeof(*name))) return -1;
    return type == SOCK_STREAM && listen(fd, 4) ? -1 : fd;
}

static int unix_connect(char **words) {
    struct sockaddr_un name;
    if (unix_pair(words[0], SOCK_STREAM, &name) < 0) return -1;
    return connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, sizeof(name));
}

static int unix_send(char **words) {
    struct sockaddr_un name;
    if (unix_pair(words[0], SOCK_DGRAM, &name) < 0) return -1;
    return sendto(socket(AF_UNIX, SOCK_DGRAM, 0), "x", 1, 0, (void *)&name, sizeof(name)) < 0 ? -1 : 0;
}

static int ring(char **words) {
    (void)words;
    struct io_uring_params parameters = {0};
    return syscall(SYS_io_uring_setup, 1, &parameters) < 0 ? -1 : 0;
}

static int copy_of_self(int to) {
    static char buffer[65536];
    int from = open("/proc/self/exe", O_RDONLY);
    for (ssize_t n; (n = read(from, buffer, sizeof(buffer))) > 0;)
        if (write(to, buffer, n) != n) return -1;
    return close(from);
}

static int execute(int fd) {
    char *words[] = {"acts", "nothing", NULL};
    int child = fork();
    if (!child) {
        syscall(SYS_execveat, fd, "", words, environ, AT_EMPTY_PATH);
        _exit(errno);
    }
    int status = 0;
    waitpid(child, &status, 0);
    errno = WEXITSTATUS(status);
    return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

static int execute_memory(char **words) {
    (void)words;
    int fd = memfd_create("dropped", 0);
    return fd < 0 || copy_of_self(fd) ? -1 : execute(fd);
}

// Opened for reading anew: who is written to cannot be executed.
static int execute_deleted(char **words) {
    int fd = open(words[0], O_CREAT | O_TRUNC | O_WRONLY, 0755);
    if (fd < 0 || copy_of_self(fd) || close(fd)) return -1;
    fd = open(words[0], O_RDONLY | O_CLOEXEC);
    return unlink(words[0]) ? -1 : execute(fd);
}

static int with_socket_as_input(char **words) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) return -1;
    dup2(ends[0], 0);
    dup2(ends[0], 1);
    execvp(words[0], words);
    return -1;
}

static int nothing(char **words) { (void)words; return 0; }

static const struct act {
    const char *name;
    int words;
    int (*run)(char **words);
} acts[] = {
    {"nothing", 0, nothing}, {"attach", 0, attach}, {"poke", 0, poke}, {"look", 0, look}, {"traceme", 0, traceme}, {"signal", 1, signal_child},
    {"setuid", 1, set_uid}, {"setgid", 1, set_gid}, {"user-namespace", 0, user_namespace}, {"uts-namespace", 0, uts_namespace},
    {"host-name", 0, change_host_name}, {"bpf-map", 0, bpf_map}, {"bpf-next", 0, bpf_next}, {"module-of-memory", 0, module_of_memory},
    {"module-of-file", 1, module_of_file}, {"mount", 3, mount_it}, {"mount-read-only", 3, mount_read_only}, {"bind-mount", 2, bind_it}, {"pivot-root", 1, pivot},
    {"connect", 2, connect_to}, {"bind", 2, bind_to}, {"bind-unspecified", 1, bind_unspecified}, {"listen", 2, listen_at}, {"accept", 2, accept_at}, {"raw-socket", 0, raw_socket},
    {"packet-socket", 0, packet_socket}, {"plain-socket", 0, plain_socket}, {"unix-connect", 1, unix_connect}, {"unix-send", 1, unix_send},
    {"ring", 0, ring}, {"execute-memory", 0, execute_memory}, {"execute-deleted", 1, execute_deleted}, {"with-socket", 1, with_socket_as_input},
};

int main(int argc, char **argv) {
    if (argc < 2) return 255;
    for (unsigned i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
        if (strcmp(argv[1], acts[i].name) || argc - 2 < acts[i].words) continue;
        errno = 0;
        if (acts[i].run(argv + 2) >= 0) return printf("ok\n") < 0;
        printf("%d\n", errno);
        return errno;
    }
    return 254;
}
