/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks of sockets. */
#pragma once

#define AF_UNSPEC_NUMBER 0
#define AF_INET_NUMBER 2
#define AF_INET6_NUMBER 10

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

/* Family, port and address of a struct sockaddr in kernel memory. */
static __always_inline void address_read(struct operation *op, u64 address, u32 size)
{
	u16 family = 0, port = 0;

	if (size < 8)
		return;
	read_kernel(family, address);
	read_kernel(port, address + 2);
	op->detail = (op->detail & ~255ull) | (family & 255);
	if (family == AF_INET_NUMBER) {
		u32 four = 0;

		read_kernel(four, address + 4);
		op->address[0] = four;
		op->detail |= PORT_OF(port);
	} else if (family == AF_INET6_NUMBER && size >= 24) {
		bpf_probe_read_kernel(op->address, sizeof(op->address), (void *)(address + 8));
		op->detail |= PORT_OF(port);
	}
}

static __always_inline int judge_address(struct socket *socket, u64 address, u32 size, u32 number_, u32 hook)
{
	u32 slot = plain_begin(subject_of(bpf_get_current_task_btf()), number_, hook);

	if (slot >= WORK_NONE)
		return 0;
	WORK(slot)->op.detail = detail_of_socket(socket);
	address_read(&WORK(slot)->op, address, size);
	return plain_end(slot);
}

/* Of a socket that has an address already. */
static __always_inline int judge_own_address(struct socket *socket, u32 number_, u32 hook)
{
	struct sock *sk = socket->sk;
	u64 detail;
	u32 slot;

	if (!sk)
		return 0;
	slot = plain_begin(subject_of(bpf_get_current_task_btf()), number_, hook);
	if (slot >= WORK_NONE)
		return 0;
	detail = socket_detail(sk->__sk_common.skc_family, sk->sk_type, sk->sk_protocol);
	if (sk->__sk_common.skc_family == AF_INET_NUMBER)
		WORK(slot)->op.address[0] = sk->__sk_common.skc_rcv_saddr;
	if (sk->__sk_common.skc_family == AF_INET6_NUMBER)
		bpf_probe_read_kernel(WORK(slot)->op.address, sizeof(WORK(slot)->op.address), &sk->__sk_common.skc_v6_rcv_saddr);
	if (sk->__sk_common.skc_family == AF_INET_NUMBER || sk->__sk_common.skc_family == AF_INET6_NUMBER)
		detail |= (u64)sk->__sk_common.skc_num << 32;
	WORK(slot)->op.detail = detail;
	return plain_end(slot);
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
