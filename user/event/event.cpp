// SPDX-License-Identifier: Apache-2.0
#include "user/event/event.h"

#include <algorithm>

namespace quell {
namespace {

template <std::size_t N>
std::string bytes(const char (&field)[N], quell_u32 size) {
    return {field, std::min<std::size_t>(size, N)};
}

std::vector<std::string> split_arguments(const std::string& text) {
    std::vector<std::string> arguments;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\0', at), text.size());
        arguments.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return arguments;
}

}  // namespace

Event decode(const quell_event& raw) {
    Event event;
    event.incident = raw.incident;
    event.time_ns = raw.time_ns;
    event.rule = raw.rule;
    event.generation = raw.generation;
    event.container = raw.container;
    event.cgroup = raw.cgroup;
    event.key = raw.key;
    event.hits = raw.hits;
    event.operation = static_cast<quell_operation>(std::min<quell_u32>(raw.operation, QUELL_OP_COUNT));
    event.hook = static_cast<quell_hook>(std::min<quell_u32>(raw.hook, QUELL_HOOK_COUNT));
    event.verdict = raw.verdict;
    event.flags = raw.flags;
    event.offers = raw.offers;
    event.severity = std::min<quell_u32>(raw.severity, 4);
    event.pid = raw.pid;
    event.tid = raw.tid;
    event.uid = raw.uid;
    event.gid = raw.gid;
    event.login_uid = raw.loginuid;
    event.session = raw.sessionid;
    event.device = raw.device;
    event.mode = raw.mode;
    event.object_flags = raw.object_flags;
    event.inode = raw.inode;
    event.file = raw.file;
    event.path = bytes(raw.path, raw.path_size);
    event.path2 = bytes(raw.path2, raw.path2_size);
    event.exe_device = raw.exe_device;
    event.exe = bytes(raw.exe, raw.exe_size);
    if (!event.has(QUELL_EVENT_NO_ARGS)) event.arguments = split_arguments(bytes(raw.args, raw.args_size));
    event.chain.assign(raw.chain, raw.chain + std::min<quell_u32>(raw.chain_count, QUELL_CHAIN_MAX));
    return event;
}

}  // namespace quell
