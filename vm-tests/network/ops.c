// SPDX-License-Identifier: Apache-2.0
// What an agent does with what it has open, and with what it opens anew. Each gives 0, or -1 with errno.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"

#define ZEROCOPY_RECEIVE 35

// Closes, and keeps errno.
static int end(int fd, int result) {
    int before = errno;
    if (fd >= 0) close(fd);
    errno = before;
    return result < 0 ? -1 : 0;
}
// A byte is there, or comes: the peer says one again and again.
static int ready(int fd) {
    struct pollfd one = {fd, POLLIN, 0};
    return poll(&one, 1, 3000) == 1 ? 0 : (errno = ETIMEDOUT, -1);
}
static int fresh(struct agent *a, int type) { return socket(a->to.name.any.sa_family, type | SOCK_CLOEXEC, 0); }
#define TO(a) &(a)->to.name.any, (a)->to.size

static int op_connect(struct agent *a) {
    int s = fresh(a, SOCK_STREAM);
    return end(s, connect(s, TO(a)));
}
static int op_connect_udp(struct agent *a) {
    int s = fresh(a, SOCK_DGRAM);
    return end(s, connect(s, TO(a)));
}
static int op_bind(struct agent *a) {
    struct end_point any = {.size = a->to.size};
    int s = fresh(a, SOCK_DGRAM);
    any.name.any.sa_family = a->to.name.any.sa_family;
    return end(s, bind(s, &any.name.any, any.size));
}
static int op_listen(struct agent *a) {
    int s = fresh(a, SOCK_STREAM);
    return end(s, listen(s, 1));
}
// Where nobody comes, that is another errno.
static int op_accept(struct agent *a) {
    int s = accept4(a->listener, NULL, NULL, SOCK_CLOEXEC);
    return s < 0 && errno == EAGAIN ? 0 : end(s, s);
}
static int op_send(struct agent *a) { return send(a->tcp, "p", 1, MSG_NOSIGNAL) == 1 ? 0 : -1; }
static int op_write(struct agent *a) { return write(a->tcp, "p", 1) == 1 ? 0 : -1; }
static int op_recv(struct agent *a) {
    char c;
    return ready(a->tcp) || recv(a->tcp, &c, 1, 0) != 1 ? -1 : 0;
}
static int op_read(struct agent *a) {
    char c;
    return ready(a->tcp) || read(a->tcp, &c, 1) != 1 ? -1 : 0;
}
static int op_peek(struct agent *a) {
    char c;
    return ready(a->tcp) || recv(a->tcp, &c, 1, MSG_PEEK) != 1 ? -1 : 0;
}
static int op_send_udp(struct agent *a) { return send(a->udp, "p", 1, 0) == 1 ? 0 : -1; }
static int op_sendto_udp(struct agent *a) { return sendto(a->loose, "p", 1, 0, TO(a)) == 1 ? 0 : -1; }
static int op_sendmmsg(struct agent *a) {
    struct iovec part = {"p", 1};
    struct mmsghdr one = {.msg_hdr = {.msg_name = &a->to.name, .msg_namelen = a->to.size, .msg_iov = &part, .msg_iovlen = 1}};
    return sendmmsg(a->loose, &one, 1, 0) == 1 ? 0 : -1;
}
// The kernel asks about the first only: the second names the same.
static int op_batch(struct agent *a) {
    struct iovec part = {"p", 1};
    struct mmsghdr two[2];
    two[0] = (struct mmsghdr){.msg_hdr = {.msg_name = &a->to.name, .msg_namelen = a->to.size, .msg_iov = &part, .msg_iovlen = 1}};
    two[1] = two[0];
    return sendmmsg(a->loose, two, 2, 0) == 2 ? 0 : -1;
}
// A route of the sender's own: told to be for one, and sent to another first. Here they are the same.
int route_over(int socket, const struct end_point *over) {
    if (over->name.any.sa_family == AF_INET6) {
        struct {
            unsigned char next, length, type, left, last, flags, tag[2];
            struct in6_addr segment;
        } route = {.length = 2, .type = 4, .segment = over->name.six.sin6_addr};
        return setsockopt(socket, IPPROTO_IPV6, IPV6_RTHDR, &route, sizeof(route));
    }
    unsigned char route[8] = {IPOPT_LSRR, 7, IPOPT_MINOFF};
    memcpy(route + 3, &over->name.four.sin_addr, 4);
    return setsockopt(socket, IPPROTO_IP, IP_OPTIONS, route, sizeof(route));
}
// What was sent and waits would take it, too.
static int op_route(struct agent *a) {
    int s = fresh(a, SOCK_STREAM);
    return end(s, route_over(s, &a->to));
}
static int op_routed(struct agent *a) { return sendto(a->routed, "p", 1, 0, TO(a)) == 1 ? 0 : -1; }
// What goes along with a message may say so, too.
static int op_control(struct agent *a) {
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {"p", 1};
    struct msghdr message = {.msg_name = &a->to.name, .msg_namelen = a->to.size, .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    struct cmsghdr *one = CMSG_FIRSTHDR(&message);
    int six = a->to.name.any.sa_family == AF_INET6, value = 1;
    *one = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = six ? IPPROTO_IPV6 : IPPROTO_IP, .cmsg_type = six ? IPV6_HOPLIMIT : IP_TTL};
    memcpy(CMSG_DATA(one), &value, sizeof(value));
    return sendmsg(a->loose, &message, 0) == 1 ? 0 : -1;
}
static int op_recv_udp(struct agent *a) {
    char c;
    return ready(a->udp) || recv(a->udp, &c, 1, 0) != 1 ? -1 : 0;
}
static int op_recvfrom_udp(struct agent *a) {
    char c;
    return ready(a->loose) || recvfrom(a->loose, &c, 1, 0, NULL, NULL) != 1 ? -1 : 0;
}
static int op_sendfile(struct agent *a) {
    off_t at = 0;
    return sendfile(a->tcp, a->file, &at, 4) == 4 ? 0 : -1;
}
// What is left in a pipe by a refusal is spliced the next time: it is filled only once.
static int op_splice_out(struct agent *a) {
    int waits = 0;
    ioctl(a->pipe_out[0], FIONREAD, &waits);
    if (!waits && write(a->pipe_out[1], "p", 1) != 1) return -1;
    return splice(a->pipe_out[0], NULL, a->tcp, NULL, 1, SPLICE_F_NONBLOCK) == 1 ? 0 : -1;
}
static int op_splice_in(struct agent *a) {
    char c;
    if (ready(a->tcp) || splice(a->tcp, NULL, a->pipe_in[1], NULL, 1, SPLICE_F_NONBLOCK) != 1) return -1;
    return read(a->pipe_in[0], &c, 1) == 1 ? 0 : -1;
}
static int op_zerocopy(struct agent *a) {
    struct {
        uint64_t address;
        uint32_t length, skip, inq;
        int32_t err;
        uint64_t copybuf;
        int32_t copybuf_len;
        uint32_t flags;
    } z = {.address = (uintptr_t)a->mapped, .length = 4096};
    socklen_t size = sizeof(z);
    return getsockopt(a->tcp, IPPROTO_TCP, ZEROCOPY_RECEIVE, &z, &size);
}
static int op_fastopen(struct agent *a) {
    int s = fresh(a, SOCK_STREAM);
    return end(s, sendto(s, "p", 1, MSG_FASTOPEN | MSG_NOSIGNAL, TO(a)) < 0 ? -1 : 0);
}
static int op_ring_send(struct agent *a) { return ring_act(0, IORING_OP_SEND, a->tcp, "p", 1, 0); }
static int op_ring_write(struct agent *a) { return ring_act(0, IORING_OP_WRITE, a->tcp, "p", 1, 0); }
static int op_ring_recv(struct agent *a) {
    char c;
    return ready(a->tcp) ? -1 : ring_act(0, IORING_OP_RECV, a->tcp, &c, 1, 0);
}
static int op_ring_read(struct agent *a) {
    char c;
    return ready(a->tcp) ? -1 : ring_act(0, IORING_OP_READ, a->tcp, &c, 1, 0);
}
static int op_ring_connect(struct agent *a) {
    int s = fresh(a, SOCK_STREAM);
    return end(s, ring_act(0, IORING_OP_CONNECT, s, &a->to.name, 0, a->to.size));
}
// By a thread of the kernel that belongs to the process.
static int op_polled_send(struct agent *a) { return ring_act(1, IORING_OP_SEND, a->tcp, "p", 1, 0); }

static int op_raw(struct agent *a) {
    struct end_point to = a->to;
    unsigned char request[16] = {8, 0, 0, 0, 0, 1, 0, 1, 'q', 'q', 'q', 'q', 'q', 'q', 'q', 'q'};
    unsigned sum = 0;
    for (int i = 0; i < 16; i += 2) sum += (unsigned)request[i] << 8 | request[i + 1];
    sum = ~((sum & 0xffff) + (sum >> 16));
    request[2] = (unsigned char)(sum >> 8);
    request[3] = (unsigned char)sum;
    if (to.name.any.sa_family == AF_INET6) {  // whose checksum is the kernel's to make, and a port would be a protocol
        request[0] = 128;
        to.name.six.sin6_port = 0;
    }
    return sendto(a->raw, request, sizeof(request), 0, &to.name.any, to.size) == sizeof(request) ? 0 : -1;
}
static int op_packet(struct agent *a) {
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = (int)if_nametoindex("lo"), .sll_halen = 6};
    char frame[64] = {0};
    return sendto(a->packet, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) == sizeof(frame) ? 0 : -1;
}
static int op_vsock(struct agent *a) { return send(a->vsock, "p", 1, MSG_NOSIGNAL) == 1 ? 0 : -1; }
static int op_tun(struct agent *a) {
    static const unsigned char packet[20] = {0x45, 0, 0, 20, 0, 1, 0, 0, 64, 253};
    return write(a->tun, packet, sizeof(packet)) == sizeof(packet) ? 0 : -1;
}
// Passed by who is outside, with a connection there.
static int op_given_send(struct agent *a) { return send(a->given, "p", 1, MSG_NOSIGNAL) == 1 ? 0 : -1; }
static int op_given_read(struct agent *a) {
    char c;
    return ready(a->given) || read(a->given, &c, 1) != 1 ? -1 : 0;
}
// Nothing is there to reach; what matters is who says so.
static int op_netns(struct agent *a) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        int s = unshare(CLONE_NEWNET) ? -1 : fresh(a, SOCK_DGRAM);
        if (s < 0) _exit(EIO);
        (void)!sendto(s, "p", 1, 0, TO(a));
        _exit(errno);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
    errno = WEXITSTATUS(status);
    return errno == ENETUNREACH || errno == EADDRNOTAVAIL ? 0 : -1;
}
static int op_child(struct agent *a) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) _exit(op_send(a) ? errno : 0);
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
    errno = WEXITSTATUS(status);
    return errno ? -1 : 0;
}
// These are no network.
static int op_unix(struct agent *a) {
    char c;
    return send(a->unix_pair[0], "p", 1, 0) != 1 || recv(a->unix_pair[1], &c, 1, 0) != 1 || write(a->unix_pair[0], "p", 1) != 1 ||
                   read(a->unix_pair[1], &c, 1) != 1 ? -1 : 0;
}
static int op_netlink(struct agent *a) {
    struct {
        struct nlmsghdr head;
        struct rtgenmsg message;
    } ask = {{sizeof(ask), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0}, {AF_UNSPEC}};
    char answer[8192];
    int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    (void)a;
    if (s < 0 || send(s, &ask, sizeof(ask), 0) < 0) return end(s, -1);
    return end(s, recv(s, answer, sizeof(answer), 0) > 0 ? 0 : -1);
}

const struct op kOps[] = {
    {"connect", op_connect}, {"connect-udp", op_connect_udp}, {"bind", op_bind}, {"listen", op_listen}, {"accept", op_accept},
    {"send", op_send}, {"write", op_write}, {"recv", op_recv}, {"read", op_read}, {"peek", op_peek}, {"send-udp", op_send_udp},
    {"sendto-udp", op_sendto_udp}, {"sendmmsg", op_sendmmsg}, {"batch", op_batch}, {"route", op_route}, {"routed", op_routed}, {"control", op_control}, {"recv-udp", op_recv_udp}, {"recvfrom-udp", op_recvfrom_udp},
    {"sendfile", op_sendfile}, {"splice-out", op_splice_out}, {"splice-in", op_splice_in}, {"zerocopy", op_zerocopy}, {"fastopen", op_fastopen},
    {"ring-send", op_ring_send}, {"ring-write", op_ring_write}, {"ring-recv", op_ring_recv}, {"ring-read", op_ring_read},
    {"ring-connect", op_ring_connect}, {"polled-send", op_polled_send}, {"raw", op_raw}, {"packet", op_packet}, {"vsock", op_vsock},
    {"tun", op_tun}, {"given-send", op_given_send}, {"given-read", op_given_read}, {"netns", op_netns}, {"child", op_child},
    {"unix", op_unix}, {"netlink", op_netlink}, {NULL, NULL}};
