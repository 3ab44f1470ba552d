// SPDX-License-Identifier: Apache-2.0
// /etc/quell/notifier.yaml. Documented in quell-notifier(8); the defaults here
// are those of deploy/notifier.yaml. Thread-safe.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "user/base/log.h"
#include "user/base/result.h"

namespace quell::notifier {

inline constexpr const char* kConfigPath = "/etc/quell/notifier.yaml";
inline constexpr std::size_t kConfigSizeMax = 64 * 1024;
// Each has a thread and its part of the queue.
inline constexpr std::size_t kTargetsMax = 16;

enum class Format { Json, Chat };

struct Target {
    std::string name;  // lower-case letters, digits and dashes
    std::string url;
    Format format = Format::Json;
    std::string secret_file;  // "": not signed
    std::string ca_file;      // "": the system's
    std::uint32_t severity = 0;      // of incidents: this and above (kSeverityWords)
    std::set<std::string> actions;  // words of the history; none: every row
    std::uint64_t timeout_s = 10;
};

struct Config {
    std::string daemon_socket = "/run/quell/quell.sock";
    std::string queue_path = "/var/lib/quell-notifier/queue.db";
    std::uint64_t queue_max = 10'000;  // messages of each target
    std::string metrics_socket = "/run/quell-notifier/metrics.sock";
    std::uint16_t metrics_port = 0;  // on 127.0.0.1; 0: none
    std::vector<Target> targets;
    log::Level log_level = log::Level::Info;
};

// Error: "FILE:LINE:COLUMN: what is wrong", the first one.
[[nodiscard]] Result<Config> parse_config(std::string_view text, const std::string& file);
// A missing file is all defaults; one that is there and cannot be read is not.
[[nodiscard]] Result<Config> load_config(const std::string& path);

// What signs a target's messages: the file's text without the newline at its
// end. EPERM where others than its owner could read it.
[[nodiscard]] Result<std::string> read_secret(const std::string& path);

}  // namespace quell::notifier
