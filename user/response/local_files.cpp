// SPDX-License-Identifier: Apache-2.0
#include "user/response/local_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string>

namespace quell::response {
namespace {

// What is none of these is not touched.
constexpr std::array<std::string_view, 7> kLocalTypes = {"overlay", "ext4", "ext3", "ext2", "xfs", "btrfs", "tmpfs"};
constexpr std::array<std::uint32_t, 5> kLocalMagics = {0x794c7630, 0xef53, 0x58465342, 0x9123683e, 0x01021994};

bool is_anothers(const Mount& mount) { return std::ranges::find(kLocalTypes, mount.type) == kLocalTypes.end(); }

}  // namespace

// Step by step: who goes on by ".." has been there as well.
bool is_local(const MountTable& mounts, std::string_view path, const std::function<bool(const Mount&)>& is_fine) {
    if (mounts.skipped() || mounts.mounts().empty()) return false;
    std::string at = "/";
    const auto is_walked = [&] {
        return std::ranges::none_of(mounts.mounts(), [&](const Mount& mount) { return mount.mountpoint == at && (is_anothers(mount) || (is_fine && !is_fine(mount))); });
    };
    if (!is_walked()) return false;
    while (!path.empty()) {
        const auto name = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(name.size() + 1, path.size()));
        if (name.empty() || name == ".") continue;
        if (name == "..") at.resize(std::max<std::size_t>(at.rfind('/'), 1));
        else at.append(at.size() > 1 ? "/" : "").append(name);
        if (!is_walked()) return false;
    }
    return true;
}

bool is_on_local(int file) {
    struct statfs info {};
    return ::fstatfs(file, &info) == 0 && std::ranges::find(kLocalMagics, static_cast<std::uint32_t>(info.f_type)) != kLocalMagics.end();
}

Fd reopen_regular(int path_fd) {
    struct stat info {};
    if (::fstat(path_fd, &info)) return {};
    if (!S_ISREG(info.st_mode)) {
        errno = EINVAL;
        return {};
    }
    return Fd(::open(("/proc/self/fd/" + std::to_string(path_fd)).c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace quell::response
