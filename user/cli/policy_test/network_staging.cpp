// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_test/network_staging.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace quell::cli {

namespace {

std::uint32_t protocol_of(std::uint32_t family, std::uint32_t type, std::uint32_t said) {
    if (said != 0 || (family != AF_INET && family != AF_INET6)) return said;
    return type == SOCK_STREAM ? IPPROTO_TCP : type == SOCK_DGRAM ? IPPROTO_UDP : 0;
}

}  // namespace

void stage_network(const policy::reference::Act& act, Reality& reality, act::Plan& plan) {
    const bool has_peer = act.operation == QUELL_OP_CONNECT || act.operation == QUELL_OP_BIND || act.operation == QUELL_OP_LISTEN || act.operation == QUELL_OP_ACCEPT;
    if (!has_peer && act.operation != QUELL_OP_SOCKET) return;
    const bool is_six = act.address && act.address->six;
    std::uint32_t family = act.numbers[QUELL_FIELD_FAMILY], type = act.numbers[QUELL_FIELD_SOCKET_TYPE];
    if (family == 0) reality.will_be(QUELL_FIELD_FAMILY, family = is_six ? AF_INET6 : AF_INET);
    if (type == 0) reality.will_be(QUELL_FIELD_SOCKET_TYPE, type = SOCK_STREAM);
    if (!has_peer) return;
    if (family != AF_INET && family != AF_INET6 && family != AF_NETLINK) return reality.cannot("only of inet, inet6 and netlink");
    if (family == AF_NETLINK && (act.address || act.operation == QUELL_OP_LISTEN || act.operation == QUELL_OP_ACCEPT)) return reality.cannot("a netlink socket has no address, and does not listen");
    reality.will_be(QUELL_FIELD_PROTOCOL, protocol_of(family, type, act.numbers[QUELL_FIELD_PROTOCOL]));
    if (act.address && is_six != (family == AF_INET6)) return reality.cannot("the address is of another family");
    if (!act.address) reality.differs(QUELL_FIELD_ADDRESS, "none is given");
    if (act.numbers[QUELL_FIELD_PORT] == 0 && (act.operation == QUELL_OP_LISTEN || act.operation == QUELL_OP_ACCEPT)) reality.differs(QUELL_FIELD_PORT, "none is given");
    plan.has_address = act.address.has_value();
    plan.is_six = is_six;
    if (act.address) std::ranges::copy(act.address->bytes, plan.address);
}

}  // namespace quell::cli
