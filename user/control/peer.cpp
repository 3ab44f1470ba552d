// SPDX-License-Identifier: Apache-2.0
#include "user/control/peer.h"

#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "user/base/files.h"

namespace quell::control {

namespace {

// The kernel's NGROUPS_MAX; more would be a lie.
constexpr std::size_t kGroupsMax = 65536;

Result<std::vector<gid_t>> socket_groups(int fd) {
    std::vector<gid_t> groups(64);
    for (;;) {
        auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
            groups.resize(size / sizeof(gid_t));
            return groups;
        }
        if (errno != ERANGE || size / sizeof(gid_t) > kGroupsMax) return errno_error("cannot read the peer's groups");
        groups.resize(size / sizeof(gid_t));
    }
}

uid_t login_uid_of(pid_t pid) {
    const auto text = read_file("/proc/" + std::to_string(pid) + "/loginuid", 32);
    uid_t uid = static_cast<uid_t>(-1);
    if (text) std::from_chars(text->data(), text->data() + text->size(), uid);
    return uid;
}

}  // namespace

Result<Peer> socket_peer(int fd, const PeerRecord& record) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return errno_error("cannot read the peer's credentials");
    auto groups = socket_groups(fd);
    if (!groups) return groups.error();
    Peer peer;
    peer.uid = credentials.uid;
    peer.gid = credentials.gid;
    peer.pid = credentials.pid;
    peer.groups = std::move(groups).value();
    if (const auto known = record ? record(fd) : std::nullopt) {
        peer.uid = known->uid;
        peer.pid = static_cast<pid_t>(known->pid);
        peer.login_uid = known->loginuid;
        peer.start_ns = known->start_ns;
        peer.cgroup = known->cgroup;
        peer.container = known->container;
        peer.recorded = true;
    } else {
        peer.login_uid = login_uid_of(peer.pid);
    }
    return peer;
}

bool is_operator(const Peer& peer, std::optional<gid_t> operators) {
    if (peer.uid == 0) return true;
    return operators && (peer.gid == *operators || std::ranges::count(peer.groups, *operators) != 0);
}

}  // namespace quell::control
