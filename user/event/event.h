// SPDX-License-Identifier: Apache-2.0
// Event: a quell_event taken apart. Text stays raw bytes, chosen by whoever
// acted: escape() before printing. decode() trusts no size, count or number in
// the record, and what it makes is at most as large as the record, but for the
// overhead of at most QUELL_ARGS_SIZE strings. Plain values; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kern/abi.h"

namespace quell {

struct Event {
    std::uint64_t incident = 0;
    std::uint64_t time_ns = 0;  // boot time
    std::uint64_t rule = 0;     // quell_rule.id
    std::uint64_t generation = 0;
    std::uint64_t container = 0;  // cgroup id, 0: host
    std::uint64_t cgroup = 0;
    quell_pending_key key{};
    std::uint64_t hits = 0;
    quell_operation operation = QUELL_OP_COUNT;  // …_COUNT: a number that no list has
    quell_hook hook = QUELL_HOOK_COUNT;
    std::int32_t verdict = 0;
    std::uint32_t flags = 0;  // QUELL_EVENT_…
    std::uint32_t offers = 0;
    std::uint32_t severity = 0;
    std::uint32_t pid = 0, tid = 0, uid = 0, gid = 0, login_uid = 0, session = 0;
    // the object: components leaf first, each with its NUL, as MountTable::place takes them
    std::uint32_t device = 0, mode = 0, object_flags = 0;
    std::uint64_t inode = 0;
    quell_file_key file{};
    std::string path, path2;
    std::uint32_t exe_device = 0;
    std::string exe;
    std::vector<std::string> arguments;  // the last one may be cut: QUELL_EVENT_ARGS_CUT
    std::vector<quell_task_ref> chain;

    [[nodiscard]] bool has(std::uint32_t flag) const { return flags & flag; }
    [[nodiscard]] bool first() const { return has(QUELL_EVENT_FIRST); }
};

[[nodiscard]] Event decode(const quell_event& raw);

}  // namespace quell
