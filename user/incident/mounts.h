// SPDX-License-Identifier: Apache-2.0
// Mounts: a task's mount table, and where in it an object lies. The kernel
// side reports an object by its superblock and the names below its root
// (kern/abi.h, quell_event); here these become the path that the container
// sees. Plain values: a const table may be used by several threads.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "user/base/result.h"

namespace quell {

// A container may have up to 100,000 mounts (fs.mount-max). Lines beyond the
// first bound are not looked at, and the table says so; a text beyond the
// second is an error: the daemon's memory is worth more than such a path.
inline constexpr std::size_t kMountsMax = 65'536;
inline constexpr std::size_t kMountinfoBytesMax = 8u << 20;
inline constexpr std::size_t kPlacesMax = 16;

struct Mount {
    std::uint32_t id = 0;
    std::uint32_t parent = 0;
    std::uint32_t device = 0;  // the kernel's s_dev: major << 20 | minor
    std::string root;          // what of the superblock is mounted, "/" all of it
    std::string mountpoint;    // as seen from the task's root
    std::string type;          // "overlay", "tmpfs", …
};

enum class PathIs {
    Visible,    // what the container gets when it opens the path
    Covered,    // right, but another mount lies over it now
    Unplaced,   // below no mount of the table: a path inside its superblock
    Cut,        // the leaf end only, with "…/" in front
};
// "visible", "covered", "unplaced", "cut"
[[nodiscard]] std::string_view path_is_word(PathIs is);

struct PlacedPath {
    std::string path;  // raw bytes: escape before printing
    PathIs is = PathIs::Unplaced;

    [[nodiscard]] bool exact() const { return is == PathIs::Visible; }
    bool operator==(const PlacedPath&) const = default;
};

class MountTable {
public:
    // The text of /proc/<pid>/mountinfo. Lines that cannot be understood are
    // skipped and counted: a mount table is never a reason to lose an event.
    [[nodiscard]] static MountTable parse(std::string_view mountinfo);
    // ESRCH or ENOENT: the task is gone.
    [[nodiscard]] static Result<MountTable> of_task(pid_t pid);

    // Where the object lies, best first: visible ones, the mount with the
    // longest root before others (a bind of a single file before the volume
    // it is on), at most kPlacesMax. Never empty. `components`: leaf first,
    // each followed by a NUL, as in quell_event; `cut`: it goes on beyond.
    [[nodiscard]] std::vector<PlacedPath> place(std::uint32_t device, std::string_view components, bool cut = false) const;

    [[nodiscard]] const std::vector<Mount>& mounts() const { return mounts_; }
    [[nodiscard]] std::size_t skipped() const { return skipped_; }

private:
    [[nodiscard]] std::size_t mount_at(std::string_view path) const;

    std::vector<Mount> mounts_;
    std::unordered_map<std::uint32_t, std::vector<std::size_t>> children_;  // of a mount's id
    std::vector<std::size_t> roots_;  // mounts whose parent is not in the table
    std::size_t skipped_ = 0;
};

}  // namespace quell
