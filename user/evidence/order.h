// SPDX-License-Identifier: Apache-2.0
// Order: what evidence is to be taken, as the daemon tells its helper. What
// the kernel side bound at the event (file, container, processes) is in it;
// the helper looks nothing up by name that is not compared with that. Plain
// values.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kern/abi.h"
#include "user/base/result.h"
#include "user/evidence/limits.h"

namespace quell::evidence {

using Json = nlohmann::json;

inline constexpr std::size_t kProcessesMax = 4096;  // that are looked at

struct Process {
    pid_t pid = 0;
    std::uint64_t start_ns = 0;  // CLOCK_BOOTTIME, as in quell_task_ref
};

struct Order {
    Limits limits;
    quell_response what = QUELL_RESPONSE_CAPTURE;
    std::string incident;     // id_text()
    Json facts;               // of the manifest: rule, who decided, reason, container. Escaped text
    std::uint64_t deadline_ns = 0;  // boot time; 0: its time begins when it is taken

    // the file
    std::string path, renamed_to;  // as the container saw it; raw bytes, may be empty
    std::uint64_t inode = 0;       // as the process saw it: an overlay's number
    quell_identity file{};         // of the file itself, below an overlay
    std::uint32_t device = 0;      // the kernel's s_dev of the file system that has it
    bool is_lower = false;

    // the subject
    pid_t viewer = 1;  // whose root the path is seen from: the container's init, or the host's
    std::vector<Process> processes;
    std::size_t processes_in_all = 0;
    std::uint64_t container = 0;  // id of its cgroup, 0: the host
    std::string cgroup;  // below /sys/fs/cgroup
    std::string config;  // the container's OCI configuration on the host, "" where it is not known
    Json incident_json, recent;
    // Rows of the history about the subject: asked on the thread that takes the evidence. Not told to the helper.
    std::function<Json()> history_later = {};
    Json history = Json::array();
};

[[nodiscard]] Json order_json(const Order& order);
[[nodiscard]] Result<Order> parse_order(const Json& json);

[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] Result<std::string> from_hex(std::string_view text);

}  // namespace quell::evidence
