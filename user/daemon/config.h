// SPDX-License-Identifier: Apache-2.0
// /etc/quell/quell.yaml. Documented in quell.yaml(5); the defaults here are
// those of deploy/quell.yaml. Thread-safe.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kern/abi.h"
#include "user/approval/guards.h"
#include "user/approval/rights.h"
#include "user/base/log.h"
#include "user/base/result.h"
#include "user/evidence/limits.h"

namespace quell::daemon {

inline constexpr const char* kConfigPath = "/etc/quell/quell.yaml";
inline constexpr std::size_t kConfigSizeMax = 64 * 1024;

struct Config {
    std::string operators_group;  // admins, and the socket's group. "": none. Whether it exists is not checked here, nor for the others
    std::map<approval::Role, std::vector<std::string>> roles;  // names of groups
    std::vector<std::string> break_glass;                      // likewise
    approval::Rights rights;
    approval::GuardRules guards;
    std::uint32_t responses = QUELL_BIT(QUELL_RESPONSE_COUNT) - 1;  // mask of QUELL_BIT(QUELL_RESPONSE_…)
    std::uint64_t keep_armed_s = 300;
    std::uint64_t stop_grace_s = 10;  // what stop-container gives an init to end by itself
    bool automatic = true;  // rules that ask for it may approve by themselves
    std::string history_path = "/var/lib/quell/history.db";
    std::uint64_t history_keep_rows = 1'000'000;
    evidence::Limits evidence;
    std::string policy_dir = "/etc/quell/policy.d";
    std::string socket_path = "/run/quell/quell.sock";  // the status page lies beside it
    mode_t socket_mode = 0666;
    log::Level log_level = log::Level::Info;
};

// Error: "FILE:LINE:COLUMN: what is wrong", the first one.
[[nodiscard]] Result<Config> parse_config(std::string_view text, const std::string& file);

// A missing file is all defaults; one that is there and cannot be read is not.
[[nodiscard]] Result<Config> load_config(const std::string& path);

}  // namespace quell::daemon
