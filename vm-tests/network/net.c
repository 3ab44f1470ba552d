// SPDX-License-Identifier: Apache-2.0
// net peer NETNS FILE
//   answers in the network namespace of that file; counts what it received in FILE (struct received)
// net agent ADDRESS DIRECTORY
//   opens connections to a peer, by IPv4 or IPv6, then does all it can with them each time that DIRECTORY/go-N is there, and
//   writes a line for each into DIRECTORY/result-N: its name, and 0 or the errno. Takes a socket that is given at DIRECTORY/give.
// net give SOCKET ADDRESS
//   connects to a peer and gives the connection to an agent
// net block ADDRESS DIRECTORY
//   is blocked in a receive, a send of 64 MB and an accept, and writes what each ended with
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/vm_sockets.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net.h"

static char path[512];
static const char *in(const char *directory, const char *name, int number) {
    snprintf(path, sizeof(path), number < 0 ? "%s/%s" : "%s/%s-%d", directory, name, number);
    return path;
}
static int there(const char *file) { return access(file, F_OK) == 0; }

static int connected(int type, const struct end_point *to) {
    int s = socket(to->name.any.sa_family, type | SOCK_CLOEXEC, 0);
    return s < 0 || connect(s, &to->name.any, to->size) ? -1 : s;
}

static int vsock_connected(void) {
    struct sockaddr_vm to = {.svm_family = AF_VSOCK, .svm_port = VSOCK_PORT, .svm_cid = VMADDR_CID_LOCAL};
    int s = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return s < 0 || connect(s, (struct sockaddr *)&to, sizeof(to)) ? -1 : s;
}

static int listening(void) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(OWN_PORT)};
    int one = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
    return s < 0 || bind(s, (struct sockaddr *)&own, sizeof(own)) || listen(s, 4) ? -1 : s;
}

// Needs CAP_NET_ADMIN over the namespace; absent otherwise.
static int tun(void) {
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC), control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    strcpy(request.ifr_name, "quelltun");
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request)) return -1;
    request.ifr_flags = IFF_UP;
    ioctl(control, SIOCSIFFLAGS, &request);
    close(control);
    return fd;
}

static struct end_point address_of(const char *text, int port) {
    struct end_point to = {.size = sizeof(struct sockaddr_in)};
    if (strchr(text, ':')) {
        to.name.six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
        to.size = sizeof(struct sockaddr_in6);
        inet_pton(AF_INET6, text, &to.name.six.sin6_addr);
    } else {
        to.name.four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
        inet_pton(AF_INET, text, &to.name.four.sin_addr);
    }
    return to;
}

int agent_open(struct agent *a) {
    a->to = address_of(a->address, PORT);
    a->tcp = connected(SOCK_STREAM, &a->to);
    a->udp = connected(SOCK_DGRAM, &a->to);
    const int family = a->to.name.any.sa_family;
    a->loose = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    a->routed = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (a->routed < 0 || route_over(a->routed, &a->to)) return -1;
    a->raw = socket(family, SOCK_RAW | SOCK_CLOEXEC, family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
    a->packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_IP));
    a->vsock = vsock_connected();
    a->listener = listening();
    a->tun = tun();
    a->given = -1;
    a->file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (a->tcp < 0 || a->udp < 0 || a->loose < 0 || a->listener < 0 || a->file < 0) return -1;
    fcntl(a->listener, F_SETFL, O_NONBLOCK);
    // the peer is to know whom to answer
    if (send(a->udp, "p", 1, 0) != 1 || sendto(a->loose, "p", 1, 0, &a->to.name.any, a->to.size) != 1) return -1;
    a->mapped = mmap(NULL, 4096, PROT_READ, MAP_SHARED, a->tcp, 0);
    (void)ring_make(0);
    (void)ring_make(1);
    return pipe(a->pipe_in) || pipe(a->pipe_out) || socketpair(AF_UNIX, SOCK_STREAM, 0, a->unix_pair) ? -1 : 0;
}

static int at_unix(const char *file, int listens) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", file);
    if (listens) return bind(s, (struct sockaddr *)&name, sizeof(name)) || listen(s, 1) ? -1 : s;
    return connect(s, (struct sockaddr *)&name, sizeof(name)) ? -1 : s;
}

static int received(int from) {
    char byte, space[CMSG_SPACE(sizeof(int))];
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};
    int fd = -1;
    if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message)) memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
    return fd;
}

static int give(const char *file, const char *address) {
    struct end_point to = address_of(address, PORT);
    int connection = connected(SOCK_STREAM, &to), s = at_unix(file, 0);
    char byte = 'f', space[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(head), &connection, sizeof(int));
    return connection < 0 || s < 0 || sendmsg(s, &message, 0) != 1 ? (perror("give"), 1) : 0;
}

static void put(const char *directory, const char *name, const char *text) {
    char hidden[512], shown[512];
    snprintf(hidden, sizeof(hidden), "%s/.%s", directory, name);
    snprintf(shown, sizeof(shown), "%s/%s", directory, name);
    FILE *file = fopen(hidden, "w");
    if (!file) return;
    fputs(text, file);
    fclose(file);
    rename(hidden, shown);
}

static int agent(const char *address, const char *directory) {
    static struct agent a;
    char text[4096], name[32];
    snprintf(a.address, sizeof(a.address), "%s", address);
    if (agent_open(&a)) return perror("agent"), 1;
    int door = at_unix(in(directory, "give", -1), 1);
    if (door < 0) return perror("door"), 1;
    fcntl(door, F_SETFL, O_NONBLOCK);
    snprintf(text, sizeof(text), "%d", (int)getpid());
    put(directory, "ready", text);
    for (int n = 0;; n++) {
        while (!there(in(directory, "go", n))) {
            int from = accept4(door, NULL, NULL, SOCK_CLOEXEC);
            if (from >= 0) {
                a.given = received(from);
                close(from);
                put(directory, "given", "");
            }
            if (there(in(directory, "stop", -1))) return 0;
            usleep(10000);
        }
        size_t used = 0;
        for (const struct op *op = kOps; op->name; op++) {
            errno = 0;
            int code = op->act(&a) < 0 ? errno : 0;
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %d\n", op->name, code);
        }
        snprintf(name, sizeof(name), "result-%d", n);
        put(directory, name, text);
    }
}

static const char *where;
static int blocked[3];

static void *block_recv(void *unused) {
    char c;
    long n;
    (void)unused;
    do n = recv(blocked[0], &c, 1, 0);  // the peer goes on saying
    while (n == 1);
    put(where, "recv", n < 0 ? strerrorname_np(errno) : "ended");
    return NULL;
}
static void *block_send(void *unused) {
    size_t size = 64u << 20;
    char *bytes = calloc(1, size), text[64];
    (void)unused;
    ssize_t n = send(blocked[1], bytes, size, MSG_NOSIGNAL);
    snprintf(text, sizeof(text), "%s", n == (ssize_t)size ? "all" : n >= 0 ? "some" : strerrorname_np(errno));
    put(where, "send", text);
    return NULL;
}
static void *block_accept(void *unused) {
    int s = accept(blocked[2], NULL, NULL);
    (void)unused;
    put(where, "accept", s < 0 ? strerrorname_np(errno) : "accepted");
    return NULL;
}

static int block(const char *address, const char *directory) {
    struct end_point to = address_of(address, PORT), slow = address_of(address, SLOW_PORT);
    void *(*const acts[])(void *) = {block_recv, block_send, block_accept};
    pthread_t threads[3];
    where = directory;
    blocked[0] = connected(SOCK_STREAM, &to);
    blocked[1] = connected(SOCK_STREAM, &slow);
    blocked[2] = listening();
    if (blocked[0] < 0 || blocked[1] < 0 || blocked[2] < 0) return perror("block"), 1;
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, acts[i], NULL);
    put(directory, "ready", "");
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    if (!strcmp(argv[1], "peer")) return peer(argv[2], argv[3]);
    if (!strcmp(argv[1], "agent")) return agent(argv[2], argv[3]);
    if (!strcmp(argv[1], "give")) return give(argv[2], argv[3]);
    if (!strcmp(argv[1], "block")) return block(argv[2], argv[3]);
    return 2;
}
