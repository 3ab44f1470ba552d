// SPDX-License-Identifier: Apache-2.0
// What a scenario can have mounted: for who plans it, and for who does it.
#pragma once

#include <cstdint>

namespace quell::act {

struct Mountable {
    std::uint32_t number;  // of the file system, f_type of statfs(2)
    const char* name;      // which the kernel also has for its source: none of them is on a device
};

inline constexpr Mountable kMountables[] = {
    {0x01021994, "tmpfs"},   {0x858458f6, "ramfs"},  {0x9fa0, "proc"},      {0x62656572, "sysfs"},  {0x63677270, "cgroup2"},
    {0x64626720, "debugfs"}, {0x74726163, "tracefs"}, {0xcafe4a11, "bpf"}, {0x1cd1, "devpts"}, {0x19800202, "mqueue"},
};

// The file system's name; "tmpfs" for what is not mountable.
constexpr const char* mountable(std::uint32_t number) {
    for (const Mountable& one : kMountables)
        if (one.number == number) return one.name;
    return kMountables[0].name;
}

// Flags of mount(2), as numbers of the kernel's interface: a place is covered by a bind of itself, and what makes another
// operation of it (a remount, a move, a change of propagation) is left out.
inline constexpr std::uint32_t kMountOverAlways = 4096;                           // MS_BIND
inline constexpr std::uint32_t kMountOverMay = 1 | 2 | 4 | 8 | 1024 | 2048 | 16384;  // rdonly, nosuid, nodev, noexec, noatime, nodiratime, rec

}  // namespace quell::act
