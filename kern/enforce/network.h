/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refusing what an isolated container does on a network. Who acts decides, by its container, and not whose the socket is: one
 * that was inherited, received or opened in another network namespace is no way out. In front of it every hook tests one word,
 * then a filter of containers. What a container says to itself, and to who is on this host, is not the network: sockets of
 * unix, netlink and the kernel's ciphers stay.
 */
#pragma once

#define AF_UNIX_NUMBER 1
#define AF_NETLINK_NUMBER 16
#define AF_ALG_NUMBER 38
#define SOCK_STREAM_NUMBER 1
#define SOCK_DGRAM_NUMBER 2
#define IPPROTO_TCP_NUMBER 6
#define IPPROTO_UDP_NUMBER 17
#define SIN_SIZE 8   /* of a struct sockaddr_in, up to the address */
#define SIN6_SIZE 24
#define MSG_BATCH_BIT 0x40000 /* of msg_flags: more of a sendmmsg(2) follow (include/linux/socket.h) */
#define TUN_DEVICE (10u << 20 | 200) /* /dev/net/tun: what is written into it is a packet */

static __always_inline u32 isolated_bit(u64 container)
{
	return ((u32)container * 0x9E3779B1u) >> 20;
}

static __always_inline void isolated_filter_add(u64 container)
{
	u32 bit = isolated_bit(container);

	__sync_fetch_and_or(&isolated_filter[(bit >> 6) & (ISOLATED_BITS / 64 - 1)], 1ull << (bit & 63));
}

/* A clear bit is certain. */
static __always_inline int isolated_may_be(u64 container)
{
	u32 bit = isolated_bit(container);

	return container && (isolated_filter[(bit >> 6) & (ISOLATED_BITS / 64 - 1)] >> (bit & 63)) & 1;
}

/* Is current in one whose network is cut, by lineage or by cgroup? No is certain. */
static __always_inline int may_be_isolated(void)
{
	u64 container;

	return quell.isolated && (!subject_at_once(&container) || isolated_may_be(container));
}

/* The isolated container that current belongs to; 0: none. */
static __noinline u64 isolated_container(void)
{
	int away;
	u64 container = subject_and_away(bpf_get_current_task_btf(), &away);

	if (isolated_may_be(container) && bpf_map_lookup_elem(&isolations, &container))
		return container;
	if (!away)
		return 0;
	container = current_cgroup_container();
	return isolated_may_be(container) && bpf_map_lookup_elem(&isolations, &container) ? container : 0;
}

/* Who is on the other side. */
struct far_end {
	u32 address[4]; /* network order, IPv4 as ::ffff:a.b.c.d */
	u32 port;
	u32 known;
};

static __always_inline void far_four(struct far_end *far, u32 address)
{
	far->address[0] = far->address[1] = 0;
	far->address[2] = bpf_htonl(0xffff);
	far->address[3] = address;
}

static __always_inline int far_is_four(struct far_end *far)
{
	return !far->address[0] && !far->address[1] && far->address[2] == bpf_htonl(0xffff);
}

/* 127.0.0.0/8 and ::1. No address at all, to which one connects, is the kernel's way to say loopback. */
static __always_inline int far_is_loopback(struct far_end *far)
{
	if (far->address[0] || far->address[1])
		return 0;
	if (far_is_four(far))
		return !far->address[3] || (far->address[3] & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
	return !far->address[2] && (!far->address[3] || far->address[3] == bpf_htonl(1));
}

/* Of a struct sockaddr in kernel memory. One of no family, which some calls take for IPv4, is nobody's. */
static __always_inline void far_named(struct far_end *far, u64 name, u32 size)
{
	u32 words[2] = {};
	u32 family;

	if (size < SIN_SIZE)
		return;
	read_kernel(words, name);
	family = words[0] & 0xffff;
	far->port = bpf_ntohs(words[0] >> 16);
	if (family == AF_INET_NUMBER)
		far_four(far, words[1]);
	else if (family == AF_INET6_NUMBER && size >= SIN6_SIZE && !words[1]) /* a flow label may bring a routing header */
		read_kernel(far->address, name + 8);
	else
		return;
	far->known = 1;
}

/* Whom a socket is connected to. */
static __always_inline void far_connected(struct far_end *far, u64 sk, u32 family)
{
	u32 four = 0;
	u16 port = 0;

	read_kernel(port, sk + offset_of(sock, __sk_common.skc_dport));
	far->port = bpf_ntohs(port);
	if (family == AF_INET_NUMBER) {
		read_kernel(four, sk + offset_of(sock, __sk_common.skc_daddr));
		far_four(far, four);
	} else {
		read_kernel(far->address, sk + offset_of(sock, __sk_common.skc_v6_daddr));
	}
	far->known = far->address[3] != 0 || (!far_is_four(far) && (far->address[0] || far->address[1] || far->address[2]));
}

/* Where an unconnected socket receives. */
static __always_inline void far_bound(struct far_end *far, u64 sk, u32 family)
{
	u32 four = 0;

	if (family == AF_INET_NUMBER) {
		read_kernel(four, sk + offset_of(sock, __sk_common.skc_rcv_saddr));
		far_four(far, four);
	} else {
		read_kernel(far->address, sk + offset_of(sock, __sk_common.skc_v6_rcv_saddr));
	}
}

/* outward: it is spoken to, not answered. */
static __always_inline int far_allowed(struct quell_isolation *isolation, struct far_end *far, int outward)
{
	u32 four = far_is_four(far) ? QUELL_ALLOWANCE_FOUR : 0;

	if (!far->known)
		return 0;
	if (far_is_loopback(far))
		return (isolation->terms.flags & QUELL_ISOLATION_LOOPBACK) != 0;
	for (u32 n = 0; n < QUELL_ALLOWED_MAX; n++) {
		struct quell_allowance *allowance = &isolation->terms.allowed[n];

		if (n >= isolation->terms.count)
			break;
		if ((allowance->flags & QUELL_ALLOWANCE_FOUR) != four || ((allowance->flags & QUELL_ALLOWANCE_NODE) && outward))
			continue;
		if (allowance->port && allowance->port != far->port)
			continue;
		if (((far->address[0] ^ allowance->address[0]) & allowance->mask[0]) |
		    ((far->address[1] ^ allowance->address[1]) & allowance->mask[1]) |
		    ((far->address[2] ^ allowance->address[2]) & allowance->mask[2]) |
		    ((far->address[3] ^ allowance->address[3]) & allowance->mask[3]))
			continue;
		return 1;
	}
	return 0;
}

/*
 * Does what goes along with the message say another way, or may it be said with one that no hook sees? Of a sendmmsg(2) the
 * kernel asks no more about those that name whom it has just asked about (____sys_sendmsg), whatever goes along with them.
 */
static __always_inline int is_routed_by(u64 message)
{
	u32 flags = 0;

	if (read_pointer(message + offset_of(msghdr, msg_controllen)))
		return 1;
	read_kernel(flags, message + offset_of(msghdr, msg_flags));
	return (flags & MSG_BATCH_BIT) && read_pointer(message + offset_of(msghdr, msg_name));
}

/*
 * Is there another way than to whom it is said to be for? A source route (IP_OPTIONS, IPV6_RTHDR) takes no capability; whoever is
 * cut off sets none (isolate.h), but the socket may have one. message 0: there is none. A function of its own for the sake of
 * the stack.
 */
static __noinline int is_routed(u64 sk, u32 family, u64 message)
{
	u64 options = read_pointer(sk + offset_of(inet_sock, inet_opt)), six;
	u8 route = 0;

	if (message && is_routed_by(message))
		return 1;
	if (options)
		read_kernel(route, options + offset_of(ip_options_rcu, opt.srr));
	if (route || family != AF_INET6_NUMBER)
		return route != 0;
	six = read_pointer(sk + offset_of(inet_sock, pinet6));
	options = six ? read_pointer(six + offset_of(ipv6_pinfo, opt)) : 0;
	return options && read_pointer(options + offset_of(ipv6_txoptions, srcrt)) != 0;
}

/* A connection of TCP: both whom it is connected to and whom a first send would connect it to. */
static __always_inline int stream_allowed(struct quell_isolation *isolation, u64 sk, u32 family, struct far_end *named, u32 hook)
{
	struct far_end far = {};

	if (hook == QUELL_HOOK_isolate_connect)
		return far_allowed(isolation, named, 1);
	far_connected(&far, sk, family);
	if (!far.known)
		return far_allowed(isolation, named, 1);
	return far_allowed(isolation, &far, 0) && (!named->known || far_allowed(isolation, named, 0));
}

/* Frames that wait for more go where the first of them went, whatever the next one names. */
static __always_inline int datagram_waits(u64 sk)
{
	u32 waits = 0;

	if (!bpf_core_field_exists(struct udp_sock, pending))
		return 0;
	read_kernel(waits, sk + offset_of(udp_sock, pending));
	return waits != 0;
}

/*
 * A socket of UDP. What an unconnected one receives may be anybody's: that is known when it is too late, unless it is bound
 * to the loopback.
 */
static __always_inline int datagram_allowed(struct quell_isolation *isolation, u64 sk, u32 family, struct far_end *named, u32 hook)
{
	struct far_end far = {};

	if (hook == QUELL_HOOK_isolate_connect)
		return far_allowed(isolation, named, 1);
	if (hook == QUELL_HOOK_socket_sendmsg && datagram_waits(sk))
		return 0;
	if (named->known)
		return far_allowed(isolation, named, 1);
	far_connected(&far, sk, family);
	if (far.known)
		return far_allowed(isolation, &far, 1);
	if (hook != QUELL_HOOK_socket_recvmsg)
		return 0;
	far_bound(&far, sk, family);
	far.known = far.address[3] != 0;
	return far_is_loopback(&far) && far_allowed(isolation, &far, 0);
}

static __always_inline int terms_allow(struct quell_isolation *isolation, u64 sk, u32 family, u64 name, u32 size, u32 hook)
{
	struct far_end named = {};
	u16 type = 0, protocol = 0;
	u32 length = size;

	if (!isolation->terms.count && !isolation->terms.flags)
		return 0;
	/* who comes is known when it has come, and judged by what is said then */
	if (hook == QUELL_HOOK_isolate_bind || hook == QUELL_HOOK_isolate_listen || hook == QUELL_HOOK_isolate_accept)
		return 1;
	read_kernel(type, sk + offset_of(sock, sk_type));
	read_kernel(protocol, sk + offset_of(sock, sk_protocol));
	if (is_routed(sk, family, hook == QUELL_HOOK_socket_sendmsg ? name : 0))
		return 0;
	if (hook == QUELL_HOOK_socket_sendmsg) {
		read_kernel(length, name + offset_of(msghdr, msg_namelen));
		name = read_pointer(name + offset_of(msghdr, msg_name));
	}
	if (name) {
		far_named(&named, name, length);
		if (!named.known)
			return 0;
	}
	if (type == SOCK_STREAM_NUMBER && protocol == IPPROTO_TCP_NUMBER)
		return stream_allowed(isolation, sk, family, &named, hook);
	if (type == SOCK_DGRAM_NUMBER && protocol == IPPROTO_UDP_NUMBER)
		return datagram_allowed(isolation, sk, family, &named, hook);
	return 0; /* whoever writes headers himself says in them where they go */
}

__noinline int isolation_settle(u64 container); /* enforce/isolation.h */

/* One of those who wait is over its deadline: without a daemon, too, it holds no longer than that. */
static __always_inline int isolation_overdue(struct quell_isolation *isolation)
{
	return isolation->until_ns && bpf_ktime_get_boot_ns() > isolation->until_ns;
}

/*
 * The verdict for current, of an isolated container, at a hook. socket 0: a device that is one. name: of socket_connect the
 * address, of socket_sendmsg the message.
 */
__noinline int network_refuse(u64 container, u64 socket, u64 name, u32 size, u32 hook)
{
	struct quell_isolation *isolation = bpf_map_lookup_elem(&isolations, &container);
	struct task_struct *task = bpf_get_current_task_btf();
	u64 sk = socket ? read_pointer(socket + offset_of(socket, sk)) : 0;
	u16 family = 0;

	if (isolation && isolation_overdue(isolation)) {
		isolation_settle(container);
		isolation = bpf_map_lookup_elem(&isolations, &container);
	}
	if (!isolation || hook >= QUELL_HOOK_COUNT || is_protected(task->tgid, task->group_leader->start_boottime, task->flags))
		return 0;
	if (sk) {
		read_kernel(family, sk + offset_of(sock, __sk_common.skc_family));
		if (family == AF_UNIX_NUMBER || family == AF_NETLINK_NUMBER || family == AF_ALG_NUMBER)
			return 0;
		if ((family == AF_INET_NUMBER || family == AF_INET6_NUMBER) && terms_allow(isolation, sk, family, name, size, hook))
			return 0;
	}
	__sync_fetch_and_add(&isolation->denied, 1);
	asm volatile("" : "+r"(hook)); /* it lay on the stack, and the verifier has forgotten its bound */
	if (hook < QUELL_HOOK_COUNT)
		__sync_fetch_and_add(&quell.denied[hook], 1);
	return -EPERM;
}

/* lsm/file_permission: a socket, or the device that makes packets of what is written. */
static __always_inline int network_file_verdict(struct file *file)
{
	struct inode *inode;
	u64 container;
	u32 kind;

	if (!quell.isolated)
		return 0;
	inode = file->f_inode;
	kind = inode->i_mode & S_IFMT_BITS;
	if (kind != S_IFSOCK_BITS && (kind != S_IFCHR_BITS || inode->i_rdev != TUN_DEVICE))
		return 0;
	container = may_be_isolated() ? isolated_container() : 0;
	if (!container)
		return 0;
	return network_refuse(container, kind == S_IFSOCK_BITS ? read_pointer(address_of(file) + offset_of(file, private_data)) : 0, 0, 0,
			      QUELL_HOOK_file_permission);
}
