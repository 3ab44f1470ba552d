// SPDX-License-Identifier: Apache-2.0
// Terms: what stays allowed to a container whose network is cut, as an operator
// writes it, as the kernel side holds it (kern/abi.h), and as it is told.
// Functions only; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "kern/abi.h"
#include "user/base/result.h"

namespace quell::response {

// As they come with an approval: bounded, otherwise unchecked text.
struct Wanted {
    std::vector<std::string> allow;  // "10.0.0.0/8", "10.0.0.53:53", "[2001:db8::/32]:443": the other side
    bool node = false;               // TCP connections that come from the node's own addresses
    bool loopback = false;
};

// EINVAL: what is no network, or one that --loopback is for; E2BIG: more than QUELL_ALLOWED_MAX with the node's `addresses`.
[[nodiscard]] Result<quell_terms> make_terms(const Wanted& wanted, const std::vector<std::string>& addresses);

// "nothing is allowed", "allowed: 10.0.0.0/8:53, from the node 10.1.0.1, loopback"
[[nodiscard]] std::string terms_text(const quell_terms& terms);

}  // namespace quell::response
