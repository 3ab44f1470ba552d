/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks of sockets. */
#pragma once

#define AF_UNSPEC_NUMBER 0

/* As struct quell_detail has it. */
static __always_inline u64 socket_detail(u32 family, u32 type, u32 protocol)
{
	return (u64)(family & 255) | (u64)(type & 255) << 8 | (u64)(protocol & 0xffff) << 16;
}

static __always_inline u64 detail_of_socket(struct socket *socket)
{
	struct sock *sk = socket->sk;

	if (!sk)
		return 0;
	return socket_detail(sk->__sk_common.skc_family, sk->sk_type, sk->sk_protocol);
}

#define PORT_OF(be) ((u64)(u16)((be) >> 8 | (be) << 8) << 32)

/* An address with its port, as a key for `networks`. */
struct endpoint {
	struct quell_network_key key; /* root: QUELL_NETWORK_SIX or 0; length 0: it has none */
	u64 port;                     /* in its place of the detail */
};

/* ::ffff:a.b.c.d is a.b.c.d: who speaks IPv4 by a socket of IPv6 is found by the same rules. */
static __always_inline void endpoint_unmap(struct endpoint *e)
{
	u32 *words = (u32 *)e->key.address;

	if (words[0] || words[1] || words[2] != bpf_htonl(0xffff))
		return;
	words[0] = words[3];
	words[2] = words[3] = 0;
	e->key.root = 0;
	e->key.length = 64;
}

/* Of a struct sockaddr in kernel memory; returns its family, `unspecified` where it says none. */
static __always_inline u32 endpoint_read(struct endpoint *e, u64 address, u32 size, u32 unspecified)
{
	u32 __attribute__((aligned(8))) words[6] = {}; /* family and port, what IPv4 has its address in, what IPv6 has */
	u32 family;

	if (size < 2)
		return 0;
	if (VERIFIER_CASTS) { /* of a struct sockaddr_storage of the kernel's: longer than what is looked at */
		u64 *from = words_at(address), *to = (u64 *)words;

		to[0] = from[0];
		if (size >= sizeof(words)) {
			to[1] = from[1];
			to[2] = from[2];
		}
	} else {
		bpf_probe_read_kernel(words, size >= sizeof(words) ? sizeof(words) : size >= 8 ? 8 : 2, (void *)address);
	}
	family = words[0] & 0xffff;
	if (family == AF_UNSPEC_NUMBER)
		family = unspecified;
	if (family == AF_INET_NUMBER && size >= 8) {
		__builtin_memcpy(e->key.address, &words[1], 4);
		e->key.length = 64;
	} else if (family == AF_INET6_NUMBER && size >= sizeof(words)) {
		__builtin_memcpy(e->key.address, &words[2], 16);
		e->key.root = QUELL_NETWORK_SIX;
		e->key.length = 160;
		endpoint_unmap(e);
	} else {
		return family;
	}
	e->port = PORT_OF(words[0] >> 16);
	return family;
}

/* Of a socket that has an address already. */
static __always_inline u32 endpoint_own(struct endpoint *e, struct sock *sk)
{
	u32 family = sk->__sk_common.skc_family;

	if (family == AF_INET_NUMBER) {
		u32 four = sk->__sk_common.skc_rcv_saddr;

		__builtin_memcpy(e->key.address, &four, 4);
		e->key.length = 64;
	} else if (family == AF_INET6_NUMBER) {
		bpf_probe_read_kernel(e->key.address, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		e->key.root = QUELL_NETWORK_SIX;
		e->key.length = 160;
		endpoint_unmap(e);
	} else {
		return family;
	}
	e->port = (u64)sk->__sk_common.skc_num << 32;
	return family;
}

static __always_inline int network_bit(u64 hash, u32 half)
{
	u32 bit = QUELL_NETWORK_BIT(hash);

	asm volatile("" : "+r"(bit)); /* or the mask is left out, which is what the verifier goes by */
	return quell.network_filter[half != 0][bit / 64 % (QUELL_NETWORK_BITS / 64)] >> (bit & 63) & 1;
}

/* Most addresses have no rule near them: to see that is a tenth of what the trie costs. */
static __always_inline int network_maybe(struct endpoint *e, u32 six, u32 half)
{
	u32 levels = quell.network_levels[half != 0][six != 0];
	u64 hash = QUELL_NETWORK_SEED(six);

	if (!levels)
		return 0;
	if (six) {
#pragma clang loop unroll(full)
		for (u32 level = 0; level < QUELL_NETWORK_LEVELS; level++) {
			if ((levels >> level & 1) && network_bit(hash, half))
				return 1;
			if (level + 1 < QUELL_NETWORK_LEVELS)
				hash = QUELL_NETWORK_MIX(hash, (u64)e->key.address[2 * level] << 8 | e->key.address[2 * level + 1]);
		}
		return 0;
	}
#pragma clang loop unroll(full)
	for (u32 level = 0; level < QUELL_NETWORK_FOUR_LEVELS; level++) {
		if ((levels >> level & 1) && network_bit(hash, half))
			return 1;
		if (level + 1 < QUELL_NETWORK_FOUR_LEVELS)
			hash = QUELL_NETWORK_MIX(hash, e->key.address[level]);
	}
	return 0;
}

/* By the rules on the address, and by those that ask for none. */
static __always_inline int judge_endpoint(struct endpoint *e, u64 detail, u32 number_, u32 hook)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct lookup l = { .container = subject_of(task) };
	struct quell_network *network = 0;
	u64 any, set = 0, asked = 0;
	struct work *work;
	u32 slot, six = e->key.root;

	lookup_view(&l, task, 0);
	detail |= e->port;
	if (e->key.length && !six) /* an IPv4 one by a socket of IPv6 is told as what it is */
		detail = (detail & ~255ull) | AF_INET_NUMBER;
	any = plain_may_match(&l, number_, detail) ? plain_set(&l, number_) : 0;
	e->key.root = six | root_of(&l);
	if (e->key.length && network_maybe(e, six, (u32)l.policy))
		network = bpf_map_lookup_elem(&networks, &e->key);
	if (network) {
		set = network->set;
		asked = network->asked;
	}
	if (!any && !set)
		return 0;
	slot = plain_claim(&l, number_, hook, set, any);
	if (slot >= WORK_NONE)
		return 0;
	work = WORK(slot);
	work->sets_of[ASKED_ADDRESS] = asked;
	work->more_of[ASKED_ADDRESS][0] = 0;
	work->op.detail = detail;
	__builtin_memcpy(work->op.address, e->key.address, sizeof(e->key.address));
	return plain_end(slot);
}

static __always_inline int judge_address(struct socket *socket, u64 address, u32 size, u32 number_, u32 hook)
{
	struct endpoint e = {};
	u64 detail = detail_of_socket(socket);
	/* bind(2) takes an address of no family for one of IPv4; connect(2) takes the socket's address away by it */
	u32 family = endpoint_read(&e, address, size, number_ == QUELL_OP_BIND ? AF_INET_NUMBER : AF_UNSPEC_NUMBER);

	if (family == AF_UNSPEC_NUMBER)
		return 0;
	return judge_endpoint(&e, (detail & ~255ull) | (family & 255), number_, hook);
}

static __always_inline int judge_own_address(struct socket *socket, u32 number_, u32 hook)
{
	struct sock *sk = socket->sk;
	struct endpoint e = {};

	if (!sk)
		return 0;
	endpoint_own(&e, sk);
	return judge_endpoint(&e, detail_of_socket(socket), number_, hook);
}

static __always_inline int on_socket_connect(struct socket *socket, u64 address, u32 size)
{
	CONTAINED_OR_UNWANTED(CONNECT, socket_connect);
	return VERDICT(judge_address(socket, address, size, QUELL_OP_CONNECT, QUELL_HOOK_socket_connect));
}

static __always_inline int on_socket_bind(struct socket *socket, u64 address, u32 size)
{
	CONTAINED_OR_UNWANTED(BIND, socket_bind);
	return VERDICT(judge_address(socket, address, size, QUELL_OP_BIND, QUELL_HOOK_socket_bind));
}

static __always_inline int on_socket_listen(struct socket *socket)
{
	CONTAINED_OR_UNWANTED(LISTEN, socket_listen);
	return VERDICT(judge_own_address(socket, QUELL_OP_LISTEN, QUELL_HOOK_socket_listen));
}

static __always_inline int on_socket_accept(struct socket *socket)
{
	CONTAINED_OR_UNWANTED(ACCEPT, socket_accept);
	return VERDICT(judge_own_address(socket, QUELL_OP_ACCEPT, QUELL_HOOK_socket_accept));
}

/* What the kernel makes for itself is nobody's. */
static __always_inline int on_socket_create(u32 family, u32 type, u32 protocol, u32 of_kernel)
{
	CONTAINED_OR_UNWANTED(SOCKET, socket_create);
	if (of_kernel)
		return 0;
	return VERDICT(judge_plain(QUELL_OP_SOCKET, QUELL_HOOK_socket_create, socket_detail(family, type, protocol)));
}

/* The file that somebody's socket is bound to; an abstract name is none. */
static __always_inline int judge_unix(struct sock *other, u32 hook)
{
	u64 entry = read_pointer(address_of(other) + offset_of(unix_sock, path.dentry));
	int verdict = entry ? judge_entry_at(entry, QUELL_OP_UNIX_CONNECT, hook) : 0;
	u32 slot = plain_begin(subject_of(bpf_get_current_task_btf()), QUELL_OP_UNIX_CONNECT, hook);

	if (slot >= WORK_NONE)
		return verdict;
	WORK(slot)->op.entry = entry;
	return plain_end(slot) | verdict;
}

static __always_inline int on_unix_connect(struct sock *other)
{
	CONTAINED_OR_UNWANTED(UNIX_CONNECT, unix_stream_connect);
	return VERDICT(judge_unix(other, QUELL_HOOK_unix_stream_connect));
}

static __always_inline int on_unix_may_send(struct socket *other)
{
	struct sock *sk = other->sk;

	CONTAINED_OR_UNWANTED(UNIX_CONNECT, unix_may_send);
	return sk ? VERDICT(judge_unix(sk, QUELL_HOOK_unix_may_send)) : 0;
}
