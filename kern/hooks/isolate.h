/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks that cut a container off from the network: attached while an offer or a containment needs them. What read(2), write(2),
 * sendfile(2) and splice(2) do comes by file_permission (contain.h).
 */
#pragma once

static __always_inline int on_isolate_socket(struct socket *socket, u32 hook)
{
	u64 container = may_be_isolated() ? isolated_container() : 0;

	return container ? VERDICT(network_refuse(container, address_of(socket), 0, 0, hook)) : 0;
}

static __always_inline int on_isolate_connect(struct socket *socket, u64 address, u32 size)
{
	u64 container = may_be_isolated() ? isolated_container() : 0;

	return container ? VERDICT(network_refuse(container, address_of(socket), address_of((void *)address), size, QUELL_HOOK_isolate_connect)) : 0;
}

/* struct socket *, struct msghdr *, int */
static __always_inline int on_socket_sendmsg(unsigned long long *arguments)
{
	u64 container = may_be_isolated() ? isolated_container() : 0;

	return container ? VERDICT(network_refuse(container, address_of((void *)arguments[0]), address_of((void *)arguments[1]), 0, QUELL_HOOK_socket_sendmsg)) : 0;
}

/* struct socket *, struct msghdr *, int, int */
static __always_inline int on_socket_recvmsg(unsigned long long *arguments)
{
	u64 container = may_be_isolated() ? isolated_container() : 0;

	return container ? VERDICT(network_refuse(container, address_of((void *)arguments[0]), 0, 0, QUELL_HOOK_socket_recvmsg)) : 0;
}

#define SOL_TCP_NUMBER 6
#define TCP_ZEROCOPY_RECEIVE_NUMBER 35

/* It receives: into pages that are mapped. */
static __always_inline int on_socket_getsockopt(struct socket *socket, u32 level, u32 option)
{
	if (level != SOL_TCP_NUMBER || option != TCP_ZEROCOPY_RECEIVE_NUMBER)
		return 0;
	return on_isolate_socket(socket, QUELL_HOOK_socket_getsockopt);
}

#define SOL_IP_NUMBER 0
#define IP_OPTIONS_NUMBER 4
#define SOL_IPV6_NUMBER 41
#define IPV6_2292PKTOPTIONS_NUMBER 6
#define IPV6_RTHDR_NUMBER 57

/*
 * A source route: what is queued already would take it to somebody else, and so would what another thread is sending in this
 * moment. Refused whomever the socket may speak to.
 */
static __always_inline int on_socket_setsockopt(u32 level, u32 option)
{
	u64 container;

	if ((level != SOL_IP_NUMBER || option != IP_OPTIONS_NUMBER) &&
	    (level != SOL_IPV6_NUMBER || (option != IPV6_RTHDR_NUMBER && option != IPV6_2292PKTOPTIONS_NUMBER)))
		return 0;
	container = may_be_isolated() ? isolated_container() : 0;
	return container ? VERDICT(network_refuse(container, 0, 0, 0, QUELL_HOOK_socket_getsockopt)) : 0;
}
