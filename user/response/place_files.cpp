// SPDX-License-Identifier: Apache-2.0
#include "user/response/place_files.h"

#include <algorithm>
#include <array>
#include <set>

namespace quell::response {
namespace {

constexpr std::array<std::string_view, 7> kKernels = {"proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "bpf"};

bool is_below(std::string_view path, std::string_view directory) {
    if (directory == "/") return path.size() > 1;
    return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

}  // namespace

std::vector<std::string> mountpoints_below(const MountTable& table, std::string_view directory, std::string_view root) {
    const auto whole = root.empty() ? std::string(directory) : std::string(root) + (directory == "/" ? "" : std::string(directory));
    std::vector<std::string_view> kernels;
    for (const auto& mount : table.mounts())
        if (std::ranges::find(kKernels, mount.type) != kKernels.end()) kernels.push_back(mount.mountpoint);
    std::set<std::string> found;
    for (const auto& mount : table.mounts()) {
        const auto is_kernels = [&](std::string_view one) { return mount.mountpoint == one || is_below(mount.mountpoint, one); };
        if (is_below(mount.mountpoint, whole) && std::ranges::none_of(kernels, is_kernels)) found.insert(mount.mountpoint.substr(root.size()));
    }
    return {found.begin(), found.end()};
}

// "7f00-7f01 rw-s 00000000 fe:00 12345    /path"
bool has_writable_files(std::string_view maps) {
    while (!maps.empty()) {
        const auto end = std::min(maps.find('\n'), maps.size());
        const auto line = maps.substr(0, end);
        maps.remove_prefix(std::min(end + 1, maps.size()));
        const auto rights = line.find(' ');
        if (rights == std::string_view::npos || line.size() < rights + 5 || line[rights + 2] != 'w' || line[rights + 4] != 's') continue;
        const auto slash = line.find(" /");
        if (slash == std::string_view::npos) continue;
        const auto path = line.substr(slash + 1);
        const auto is_memory = [&](std::string_view name) { return path.starts_with(name); };
        const bool is_device = is_memory("/dev/") && !is_memory("/dev/shm/");
        if (!is_memory("/memfd:") && !is_memory("/SYSV") && !is_device) return true;
    }
    return false;
}

}  // namespace quell::response
