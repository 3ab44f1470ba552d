// SPDX-License-Identifier: Apache-2.0
#include "user/response/copied_up.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <optional>

#include "user/response/local_files.h"
#include "user/response/process.h"

namespace quell::response {
namespace {

// The kernel side has one flag for all that looks, and there are several sweepers: one at a time, and whose look does not end (a
// lower layer on a network, somebody who is asked before each open) holds the others up for so long.
constexpr auto kOthersLookLimit = std::chrono::seconds(2);

Error not_looked_for(const std::string& why, int code = 0) { return Error{"its copy in the container's layer was not looked for: " + why, code, {}}; }

std::optional<Mount> mount_of_id(const MountTable& mounts, std::uint64_t id) {
    const auto found = std::ranges::find(mounts.mounts(), id, [](const Mount& mount) { return std::uint64_t{mount.id}; });
    return found == mounts.mounts().end() ? std::nullopt : std::optional(*found);
}

// Past the filter of the kernel side, which does not know the copy's number.
Status look_at(bpf::Engine& engine, int found, Meeting by) {
    static std::timed_mutex mutex;
    Fd file;
    if (by == Meeting::kMapped && !(file = reopen_regular(found))) return success();
    const std::unique_lock lock(mutex, kOthersLookLimit);
    if (!lock) return not_looked_for("another look does not end");
    engine.globals().adopting = 1;
    if (by == Meeting::kOpened) {
        file = reopen_regular(found);  // refused, most often
    } else if (void* mapped = ::mmap(nullptr, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, file.get(), 0); mapped != MAP_FAILED) {
        (void)::munmap(mapped, 1);
    }
    engine.globals().adopting = 0;
    return success();
}

}  // namespace

Result<Fd> find_on_overlay(const Root& root, const MountTable& mounts, const std::string& path, quell_u32 overlay_device) {
    Fd file;
    int error = EXDEV;
    // Within its root's own file system no mount is crossed, whenever it was made, and the container's links may be followed.
    if (is_local(mounts, "/")) {
        file = open_in(root, path, RESOLVE_NO_XDEV);
        error = file ? 0 : errno;
    }
    // On another mount: by the path as it is, whose mounts are known. An overlay that is neither the root nor the event's may have
    // layers of anything, and is not walked. Accepted: a mount that comes in between, and an overlay of the event that the
    // container has made itself, with such layers. Who serves them holds up this sweeper then, and not the others.
    if (error == EXDEV) {
        const auto is_known = [&](const Mount& mount) { return mount.type != "overlay" || mount.mountpoint == "/" || mount.device == overlay_device; };
        if (!is_local(mounts, path, is_known)) return not_looked_for("its path lies on, or behind, a file system that is not walked", EXDEV);
        file = open_in(root, path, RESOLVE_NO_SYMLINKS);
        error = file ? 0 : errno;
        if (error == ELOOP) return not_looked_for("a symbolic link on its path leads to another mount", EXDEV);
    }
    if (error == ENOENT || error == ENOTDIR || error == ELOOP) return Fd();
    if (error) return not_looked_for(std::strerror(error), error);
    struct statx info {};
    if (::statx(file.get(), "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MNT_ID, &info)) return not_looked_for(std::strerror(errno), errno);
    if (!S_ISREG(info.stx_mode) || !(info.stx_mask & STATX_MNT_ID)) return Fd();
    const auto mount = mount_of_id(mounts, info.stx_mnt_id);
    if (!mount || mount->type != "overlay") return Fd();
    // put in force again without its container's mounts (lasting.h): which of them it was is not known
    if (!overlay_device) return not_looked_for("it is not known on which overlay it was");
    return mount->device == overlay_device ? std::move(file) : Fd();
}

Status meet_copy(bpf::Engine& engine, const Target& target, Meeting by) {
    if (target.path.empty() || target.path.front() != '/') return success();
    const auto root = open_root(engine, target.key.container);
    if (!root) return root.error().code == ESRCH ? success() : Status(not_looked_for(root.error().message, root.error().code));
    const auto mounts = MountTable::of_task(static_cast<pid_t>(root->init.pid));
    if (!is_alive(root->init)) return success();  // else these may be another's mounts
    if (!mounts) return not_looked_for(mounts.error().message, mounts.error().code);
    const auto found = find_on_overlay(*root, *mounts, target.path, target.entry.overlay_device);
    if (!found) return found.error();
    return *found ? look_at(engine, found->get(), by) : success();
}

}  // namespace quell::response
