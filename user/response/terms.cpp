// SPDX-License-Identifier: Apache-2.0
#include "user/response/terms.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "policy/check/network.h"
#include "user/base/escape.h"

namespace quell::response {
namespace {

using policy::Network;

constexpr std::size_t kShown = 64;  // of a text that is wrong

struct Place {
    std::string network;
    std::uint32_t port = 0;
};

std::optional<std::uint32_t> port_of(std::string_view text) {
    std::uint32_t port = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || stop != text.data() + text.size() || port == 0 || port > 65535) return std::nullopt;
    return port;
}

// A colon in an IPv6 address is no port's: that takes brackets.
std::optional<Place> place_of(const std::string& text) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string::npos) return std::nullopt;
        const Place place{text.substr(1, end - 1), 0};
        if (end + 1 == text.size()) return place;
        const auto port = text[end + 1] == ':' ? port_of(std::string_view(text).substr(end + 2)) : std::nullopt;
        return port ? std::optional(Place{place.network, *port}) : std::nullopt;
    }
    const auto colon = text.find(':');
    if (colon == std::string::npos || text.find(':', colon + 1) != std::string::npos) return Place{text, 0};
    const auto port = port_of(std::string_view(text).substr(colon + 1));
    return port ? std::optional(Place{text.substr(0, colon), *port}) : std::nullopt;
}

quell_allowance allowance_of(const Network& network, std::uint32_t port) {
    quell_allowance made{};
    std::array<std::uint8_t, 16> address{}, mask{};
    const std::size_t from = network.six ? 0 : 12;
    if (!network.six) {
        address[10] = address[11] = 0xff;
        std::fill(mask.begin(), mask.begin() + 12, 0xff);
    }
    std::copy_n(network.bytes.begin(), 16 - from, address.begin() + static_cast<std::ptrdiff_t>(from));
    for (std::uint32_t bit = 0; bit < network.length; bit++) mask[from + bit / 8] = static_cast<std::uint8_t>(mask[from + bit / 8] | 0x80u >> bit % 8);
    std::memcpy(made.address, address.data(), sizeof(made.address));
    std::memcpy(made.mask, mask.data(), sizeof(made.mask));
    made.port = port;
    made.flags = network.six ? 0 : QUELL_ALLOWANCE_FOUR;
    return made;
}

// The other way round, for people.
std::string text_of(const quell_allowance& allowance) {
    Network network;
    network.six = !(allowance.flags & QUELL_ALLOWANCE_FOUR);
    std::array<std::uint8_t, 16> address{}, mask{};
    std::memcpy(address.data(), allowance.address, sizeof(allowance.address));
    std::memcpy(mask.data(), allowance.mask, sizeof(allowance.mask));
    const std::size_t from = network.six ? 0 : 12;
    std::copy(address.begin() + static_cast<std::ptrdiff_t>(from), address.end(), network.bytes.begin());
    for (std::size_t i = from; i < mask.size(); i++) network.length += static_cast<std::uint32_t>(__builtin_popcount(mask[i]));
    if (!allowance.port) return network.text();
    return (network.six ? "[" + network.text() + "]" : network.text()) + ":" + std::to_string(allowance.port);
}

Error wrong(const std::string& text, const std::string& why) {
    return Error{"'" + escape_cut(text, kShown) + "' " + why, EINVAL, "10.0.0.53:53, 10.0.0.0/8, 2001:db8::/32 or [2001:db8::53]:53"};
}

bool meets_loopback(const Network& network) {
    static const Network kFour = *policy::parse_network("127.0.0.0/8"), kSix = *policy::parse_network("::1");
    return kFour.holds(network) || kSix.holds(network);
}

}  // namespace

Result<quell_terms> make_terms(const Wanted& wanted, const std::vector<std::string>& addresses) {
    quell_terms terms{};
    if (wanted.loopback) terms.flags |= QUELL_ISOLATION_LOOPBACK;
    if (wanted.allow.size() + addresses.size() > QUELL_ALLOWED_MAX)
        return Error{"at most " + std::to_string(QUELL_ALLOWED_MAX) + " addresses and networks can be allowed" +
                         (addresses.empty() ? "" : ", and the node has " + std::to_string(addresses.size())), E2BIG,
                     addresses.empty() ? "name wider networks" : "name the address that its agent uses by --allow"};
    for (const auto& text : wanted.allow) {
        const auto place = place_of(text);
        const auto network = place ? policy::parse_network(place->network) : std::nullopt;
        if (!network) return wrong(text, "is no address and no network");
        if (network->whole() != *network) return wrong(text, "has bits behind its prefix: write " + network->whole().text());
        if (meets_loopback(*network)) return wrong(text, "is the loopback, which --loopback allows");
        terms.allowed[terms.count++] = allowance_of(*network, place->port);
    }
    for (const auto& text : addresses) {
        const auto network = policy::parse_network(text);
        if (!network) return wrong(text, "is no address");
        terms.allowed[terms.count] = allowance_of(*network, 0);
        terms.allowed[terms.count++].flags |= QUELL_ALLOWANCE_NODE;
    }
    return terms;
}

std::string terms_text(const quell_terms& terms) {
    std::string text;
    const auto add = [&](const std::string& one) { text += (text.empty() ? "allowed: " : ", ") + one; };
    for (quell_u32 i = 0; i < std::min<quell_u32>(terms.count, QUELL_ALLOWED_MAX); i++)
        add((terms.allowed[i].flags & QUELL_ALLOWANCE_NODE ? "from the node " : "") + text_of(terms.allowed[i]));
    if (terms.flags & QUELL_ISOLATION_LOOPBACK) add("loopback");
    return text.empty() ? "nothing is allowed" : text;
}

}  // namespace quell::response
