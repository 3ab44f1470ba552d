// SPDX-License-Identifier: Apache-2.0
// What /proc tells of one process, as files for an archive. Read through a
// descriptor of its directory: another process of the same number is never
// taken for it. May be held up by a process that keeps its memory from being
// read (patience.h). Thread-safe.
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "user/evidence/order.h"

namespace quell::evidence {

struct ProcessFiles {
    bool is_there = false;  // else it had ended when it was looked at
    bool has_ended = false;  // while it was read
    pid_t pid = 0, parent = 0;
    unsigned uid = 0;
    std::string name;       // comm; raw bytes
    std::string arguments;  // as in cmdline, NUL between them; raw bytes
    std::string mounts_of, network_of;  // its namespaces: "mnt:[4026531841]"
    std::vector<std::pair<std::string, std::string>> files;  // name, bytes
    std::vector<std::string> notes;
};

// `left`: gives up, nobody waits any more.
[[nodiscard]] ProcessFiles read_process(const Process& process, const std::atomic<bool>& left);

// The sockets of its network namespace: tcp, udp, unix and others, as /proc/PID/net has them.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read_network(const Process& process);

// "A=1\0B=2\0" -> "A\0B\0": values may be secrets.
[[nodiscard]] std::string names_only(std::string_view environment);

// At most so many bytes of a file of procfs or the like; `cut`: there was more. "" where it cannot be read.
[[nodiscard]] std::string read_some(int directory, const std::string& name, std::size_t max, bool& cut);

}  // namespace quell::evidence
