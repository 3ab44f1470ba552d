// SPDX-License-Identifier: Apache-2.0
// Any bytes as notifier.yaml and as quell.yaml: an error of one printable
// line with its place, or a configuration within its bounds.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "user/daemon/config.h"
#include "user/notifier/config.h"

namespace {

using namespace quell;

constexpr const char* kFile = "fuzz.yaml";

void must(bool is_so) {
    if (!is_so) std::abort();
}

void must_be_told(const Error& error) {
    must(error.message.starts_with(std::string(kFile) + ":"));
    must(std::ranges::none_of(error.message, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }));
}

bool is_path(const std::string& path) { return path.starts_with('/') && path.find('\0') == std::string::npos; }

void check(const notifier::Config& config) {
    must(is_path(config.daemon_socket) && is_path(config.queue_path) && (config.metrics_socket.empty() || is_path(config.metrics_socket)));
    must(config.queue_max >= 10 && config.queue_max <= 1'000'000 && config.targets.size() <= notifier::kTargetsMax);
    std::set<std::string> names;
    for (const notifier::Target& target : config.targets) {
        // its part of the queue is a file's name, its address a line of a request
        must(names.insert(target.name).second && !target.name.empty() && target.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos);
        must(target.url.starts_with("http://") || target.url.starts_with("https://"));
        must(std::ranges::all_of(target.url, [](char c) { return c > ' ' && c <= '~'; }));
        must((target.secret_file.empty() || is_path(target.secret_file)) && (target.ca_file.empty() || is_path(target.ca_file)));
        must(target.severity < 5 && target.timeout_s >= 1 && target.timeout_s <= 120);
    }
}

void check(const daemon::Config& config) {
    must(is_path(config.history_path) && is_path(config.policy_dir) && is_path(config.socket_path));
    must((config.responses & ~(QUELL_BIT(QUELL_RESPONSE_COUNT) - 1)) == 0 && (config.socket_mode & ~0777u) == 0);
    for (const auto& [response, grants] : config.rights) {
        must(response < QUELL_RESPONSE_COUNT);
        for (const approval::Grant& grant : grants) must(grant.severity_up_to < 5);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto config = notifier::parse_config(text, kFile)) check(*config);
    else must_be_told(config.error());
    if (const auto config = daemon::parse_config(text, kFile)) check(*config);
    else must_be_told(config.error());
    return 0;
}
