// SPDX-License-Identifier: Apache-2.0
#include "policy/check/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace quell::policy {
namespace {

constexpr std::uint32_t kMappedBits = 96;  // of ::ffff:0:0/96

bool is_mapped(const std::array<std::uint8_t, 16>& bytes) {
    return std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) && bytes[10] == 0xff && bytes[11] == 0xff;
}

}  // namespace

std::string Network::text() const {
    char address[INET6_ADDRSTRLEN] = {};
    inet_ntop(six ? AF_INET6 : AF_INET, bytes.data(), address, sizeof(address));
    return length == (six ? 128u : 32u) ? std::string(address) : address + ("/" + std::to_string(length));
}

Network Network::whole() const {
    Network network = *this;
    for (std::uint32_t bit = length; bit < 128; bit++) network.bytes[bit / 8] = static_cast<std::uint8_t>(network.bytes[bit / 8] & ~(0x80u >> bit % 8));
    return network;
}

bool Network::holds(const Network& other) const {
    if (six != other.six || length > other.length) return false;
    Network same = other;
    same.length = length;
    return same.whole().bytes == bytes;
}

std::optional<Network> parse_network(const std::string& text) {
    const std::size_t slash = text.find('/');
    const std::string address = text.substr(0, slash);
    Network network;
    network.six = address.find(':') != std::string::npos;
    if (address.find('\0') != std::string::npos) return std::nullopt;  // inet_pton(3) would not see what follows
    if (inet_pton(network.six ? AF_INET6 : AF_INET, address.c_str(), network.bytes.data()) != 1) return std::nullopt;
    const std::uint32_t most = network.six ? 128 : 32;
    network.length = most;
    if (slash != std::string::npos) {
        const char* end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, network.length);
        if (error != std::errc{} || stop != end || network.length > most) return std::nullopt;
    }
    if (network.six && network.length >= kMappedBits && is_mapped(network.bytes)) {
        std::copy_n(network.bytes.begin() + 12, 4, network.bytes.begin());
        std::fill(network.bytes.begin() + 4, network.bytes.end(), 0);
        network.six = false;
        network.length -= kMappedBits;
    }
    return network;
}

std::vector<Network> read_networks(const std::vector<const Node*>& texts, Findings& findings) {
    std::vector<Network> networks;
    for (const Node* text : texts) {
        auto network = parse_network(text->text);
        if (!network) {
            findings.add(Code::kQ1114, text->where, in_quotes(text->text) + " is no address and no network", "10.0.0.0/8, 2001:db8::/32 or 169.254.169.254", text->text);
            continue;
        }
        const Network written = *network;
        network = written.whole();
        if (*network != written)
            findings.add(Code::kQ1115, text->where, in_quotes(text->text) + " has bits behind its prefix", "write " + in_quotes(network->text()), text->text);
        networks.push_back(*network);
    }
    std::sort(networks.begin(), networks.end());
    networks.erase(std::unique(networks.begin(), networks.end()), networks.end());
    return networks;
}

}  // namespace quell::policy
