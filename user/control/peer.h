// SPDX-License-Identifier: Apache-2.0
// Who is at the other end of a control connection. Thread-safe.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "kern/abi.h"
#include "user/base/result.h"

namespace quell::control {

struct Peer {
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
    std::vector<gid_t> groups;  // supplementary, when it connected
    pid_t pid = 0;
    uid_t login_uid = static_cast<uid_t>(-1);
    // Only from the record made in the kernel at connect(2): a pid may have
    // been used again since. 0 where there is none.
    std::uint64_t start_ns = 0;
    std::uint64_t cgroup = 0;
    std::uint64_t container = 0;
    bool recorded = false;
};

// What BPF recorded for an accepted socket; nothing where it has no record.
using PeerRecord = std::function<std::optional<quell_peer>(int fd)>;

// From the socket: SO_PEERCRED, SO_PEERGROUPS, and login uid by /proc (weak:
// by number); then what `record` knows wins. Fails with the socket's errno.
[[nodiscard]] Result<Peer> socket_peer(int fd, const PeerRecord& record);

// Root, or in the operators' group. No group: root only.
[[nodiscard]] bool is_operator(const Peer& peer, std::optional<gid_t> operators);

}  // namespace quell::control
