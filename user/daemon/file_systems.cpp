// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/file_systems.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <string_view>

#include "user/incident/mounts.h"

namespace quell::daemon {
namespace {

// Of a kernel's own code and a local disk or memory: to open a directory of another's may wait for a network, or for who serves it.
constexpr std::array<std::string_view, 6> kLastingTypes = {"ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs"};
constexpr std::size_t kFileSystemsMax = 512;

constexpr int kNumberAndGeneration = 1;        // FILEID_INO32_GEN
constexpr int kXfsNumberAndGeneration = 0x81;  // the same with XFS's own bit: 64 bits of number

constexpr bool is_ext(std::string_view type) { return type.starts_with("ext"); }

struct alignas(file_handle) Handle {
    std::array<char, sizeof(file_handle) + 12> space{};

    file_handle* get() { return reinterpret_cast<file_handle*>(space.data()); }
    void put(std::size_t at, const void* bytes, std::size_t size) { std::memcpy(get()->f_handle + at, bytes, size); }
};

Handle handle_of(std::string_view type, const quell_identity& file) {
    Handle handle;
    const auto number = static_cast<quell_u32>(file.inode);
    const bool wide = !is_ext(type);
    const std::size_t size = wide ? sizeof(file.inode) : sizeof(number);
    handle.get()->handle_type = wide ? kXfsNumberAndGeneration : kNumberAndGeneration;
    handle.get()->handle_bytes = static_cast<unsigned>(size + sizeof(file.generation));
    handle.put(0, wide ? static_cast<const void*>(&file.inode) : &number, size);
    handle.put(size, &file.generation, sizeof(file.generation));
    return handle;
}

bool same_identity(const quell_identity& one, const quell_identity& other) {
    return one.inode == other.inode && one.generation == other.generation && one.subvolume == other.subvolume &&
           one.uuid[0] == other.uuid[0] && one.uuid[1] == other.uuid[1];
}

// Nothing where another mount lies over it, or it is a single file.
Fd open_mount(const Mount& mount) {
    Fd root(::open(mount.mountpoint.c_str(), O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (!root || ::fstat(root.get(), &info)) return {};
    return (major(info.st_dev) << 20 | minor(info.st_dev)) == mount.device || mount.type == "btrfs" ? std::move(root) : Fd{};
}

}  // namespace

FileSystems FileSystems::mounted(bpf::Engine& engine) {
    FileSystems found(engine);
    const auto table = MountTable::of_task(::getpid());
    if (!table) return found;
    std::set<std::uint32_t> seen;
    for (const auto& mount : table->mounts()) {
        if (found.list_.size() >= kFileSystemsMax) break;
        if (std::ranges::find(kLastingTypes, mount.type) == kLastingTypes.end() || seen.contains(mount.device)) continue;
        auto root = open_mount(mount);
        const auto facts = root ? engine.open_file(root.get(), 0) : Result<quell_open_file>(Error{});
        if (!facts) continue;
        seen.insert(mount.device);
        found.list_.push_back({std::move(root), mount.type, {facts->file.file.uuid[0], facts->file.file.uuid[1]}});
    }
    return found;
}

bool FileSystems::is_there(const One& on, const quell_identity& file) const {
    if (!is_ext(on.type) && on.type != "xfs") return true;
    auto handle = handle_of(on.type, file);
    const Fd opened(::open_by_handle_at(on.root.get(), handle.get(), O_PATH | O_CLOEXEC));  // O_PATH: no hook refuses it
    if (!opened) return false;
    const auto facts = engine_->open_file(opened.get(), 0);
    return facts && same_identity(facts->file.file, file);
}

Presence FileSystems::find(const quell_identity& file) const {
    auto presence = Presence::kNotMounted;
    for (const auto& one : list_) {
        if (one.uuid[0] != file.uuid[0] || one.uuid[1] != file.uuid[1]) continue;
        if (is_there(one, file)) return Presence::kThere;
        presence = Presence::kNoFile;
    }
    return presence;
}

}  // namespace quell::daemon
