// SPDX-License-Identifier: Apache-2.0
// Networks of IPv4 and IPv6: "10.0.0.0/8", "2001:db8::/32", "169.254.169.254".
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// Bits behind the prefix are 0. An address of IPv4 mapped into IPv6 is one of IPv4.
struct Network {
    bool six = false;
    std::uint32_t length = 0;             // of the prefix in bits: at most 32 or 128
    std::array<std::uint8_t, 16> bytes{};  // the first 4 for IPv4

    auto operator<=>(const Network&) const = default;
    [[nodiscard]] std::string text() const;
    // Without bits behind the prefix: parse_network() leaves them.
    [[nodiscard]] Network whole() const;
    // Is `other` part of it?
    [[nodiscard]] bool holds(const Network& other) const;
};

// Without those that are wrong, which become findings; sorted, no two equal.
[[nodiscard]] std::vector<Network> read_networks(const std::vector<const Node*>& texts, Findings& findings);

// One address or network. Nothing if it is none.
[[nodiscard]] std::optional<Network> parse_network(const std::string& text);

}  // namespace quell::policy
