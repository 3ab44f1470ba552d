// SPDX-License-Identifier: Apache-2.0
#include "user/response/network_files.h"

#include <arpa/inet.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "user/base/files.h"

namespace quell::response {
namespace {

constexpr std::size_t kFileMax = 4u << 20;  // some 25,000 connections

// The fields of a line, which are parted by blanks.
std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields;
    for (std::size_t at = 0; (at = line.find_first_not_of(" \t", at)) != std::string_view::npos;) {
        const auto end = std::min(line.find_first_of(" \t", at), line.size());
        fields.push_back(line.substr(at, end - at));
        at = end;
    }
    return fields;
}

template <typename Visit>
void for_each_line(std::string_view text, Visit visit) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        visit(fields_of(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

std::optional<std::uint64_t> hex(std::string_view digits) {
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return error == std::errc{} && stop == digits.data() + digits.size() ? std::optional(value) : std::nullopt;
}

// 32 hex digits without colons.
std::optional<std::string> six_text(std::string_view digits) {
    std::array<std::uint8_t, 16> bytes{};
    if (digits.size() != 32) return std::nullopt;
    for (std::size_t i = 0; i < bytes.size(); i++) {
        const auto byte = hex(digits.substr(2 * i, 2));
        if (!byte) return std::nullopt;
        bytes[i] = static_cast<std::uint8_t>(*byte);
    }
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(AF_INET6, bytes.data(), text, sizeof(text));
    return std::string(text);
}

std::string text_of(const std::string& path) {
    auto text = read_file(path, kFileMax);
    return text ? std::move(text).value() : std::string{};
}

std::optional<ino_t> network_of(const std::string& process) {
    struct stat found{};
    if (::stat(("/proc/" + process + "/ns/net").c_str(), &found)) return std::nullopt;
    return found.st_ino;
}

}  // namespace

std::vector<std::string> own_addresses(std::string_view fib_trie, std::string_view if_inet6) {
    std::vector<std::string> found;
    const auto add = [&](std::string address) {
        if (std::ranges::find(found, address) == found.end()) found.push_back(std::move(address));
    };
    std::string_view leaf;
    for_each_line(fib_trie, [&](const auto& fields) {
        if (fields.size() == 2 && fields[0] == "|--") leaf = fields[1];
        if (fields.size() == 3 && fields[0] == "/32" && fields[1] == "host" && fields[2] == "LOCAL" && !leaf.starts_with("127.") && !leaf.starts_with("169.254."))
            add(std::string(leaf));
    });
    for_each_line(if_inet6, [&](const auto& fields) {  // address, number, prefix, scope (00: global), flags, interface
        if (fields.size() != 6 || fields[3] != "00" || fields[5] == "lo") return;
        if (auto address = six_text(fields[0])) add(std::move(*address));
    });
    return found;
}

std::vector<std::string> node_addresses() { return own_addresses(text_of("/proc/1/net/fib_trie"), text_of("/proc/1/net/if_inet6")); }

void add_queued(std::string_view text, Queued& queued) {
    for_each_line(text, [&](const auto& fields) {  // number, own and other address, state, "tx:rx", …
        const auto colon = fields.size() > 4 ? fields[4].find(':') : std::string_view::npos;
        const auto bytes = colon == std::string_view::npos ? std::nullopt : hex(fields[4].substr(0, colon));
        if (!bytes || !*bytes) return;
        queued.bytes += *bytes;
        queued.connections++;
    });
}

std::optional<Queued> queued_of(pid_t pid) {
    const auto process = std::to_string(pid);
    const auto theirs = network_of(process), hosts = network_of("1");
    if (!theirs || !hosts || *theirs == *hosts) return std::nullopt;
    Queued queued;
    for (const char* name : {"tcp", "tcp6"}) add_queued(text_of("/proc/" + process + "/net/" + name), queued);
    return queued;
}

}  // namespace quell::response
