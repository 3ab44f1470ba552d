// SPDX-License-Identifier: Apache-2.0
#include "user/evidence/find.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <set>

#include "user/base/escape.h"
#include "user/base/time.h"
#include "user/evidence/patience.h"
#include "user/incident/mounts.h"

namespace quell::evidence {
namespace {

constexpr std::size_t kRootsMax = 8;          // of processes that see another one than their init
constexpr std::size_t kLookedAtMax = 65'536;  // that are looked at
constexpr std::size_t kAskedMax = 256;        // of which it is asked whether they are the object
constexpr std::size_t kMountsTried = 16;
constexpr std::uint64_t kLookPatienceMs = 5000;

std::string proc(pid_t pid, const std::string& entry) { return "/proc/" + std::to_string(pid) + "/" + entry; }

std::string name_of(int fd) {
    std::array<char, 4096> path;
    const auto n = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path.data(), path.size());
    return n > 0 ? std::string(path.data(), static_cast<std::size_t>(n)) : std::string{};
}

// One of the ways: an O_PATH descriptor of the object, or why there is none.
struct Way {
    Fd fd;
    std::string how;
    std::string trouble;  // what lies there instead
};

Way by_path(const Order& order, const IsObject& is_object, const std::atomic<bool>& left) {
    std::vector<pid_t> viewers{order.viewer};
    for (const auto& one : order.processes) viewers.push_back(one.pid);
    std::set<std::pair<dev_t, ino_t>> seen;
    Way way;
    for (const pid_t viewer : viewers) {
        if (seen.size() >= kRootsMax) break;
        const Fd root(::open(proc(viewer, "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        struct stat info {};
        if (!root || ::fstat(root.get(), &info) || !seen.insert({info.st_dev, info.st_ino}).second) continue;
        for (const auto& path : {order.path, order.renamed_to}) {
            auto there = look_in_root(root.get(), path);
            if (!there || left || ::fstat(there->get(), &info)) continue;
            if (const auto same = is_object(there->get()); same && *same) return {std::move(there).value(), "its path", {}};
            else if (!same) way.trouble = same.error().message;
            else if (!S_ISREG(info.st_mode)) way.trouble = std::string("at its path lies a ") + type_word(info.st_mode);
            else if (way.trouble.empty()) way.trouble = "at its path lies another file";
        }
    }
    return way;
}

// The numbers that an overlay and its layers may give it; more than 32 bits may name the layer.
bool may_be(const Order& order, const struct stat& info) {
    const auto low = [](std::uint64_t number) { return static_cast<std::uint32_t>(number); };
    return S_ISREG(info.st_mode) && (low(info.st_ino) == low(order.inode) || low(info.st_ino) == low(order.file.inode));
}

Way by_descriptor(const Order& order, const IsObject& is_object, const std::atomic<bool>& left) {
    std::size_t looked_at = 0, asked = 0;
    const auto is_it = [&](const std::string& link) -> Fd {
        struct stat info {};
        if (looked_at++ >= kLookedAtMax || asked >= kAskedMax || left || ::stat(link.c_str(), &info) || !may_be(order, info)) return {};
        Fd fd(::open(link.c_str(), O_PATH | O_CLOEXEC));
        asked++;
        const auto same = fd ? is_object(fd.get()) : Result<bool>(false);
        return same && *same ? std::move(fd) : Fd{};
    };
    for (const auto& process : order.processes) {
        if (auto fd = is_it(proc(process.pid, "exe"))) return {std::move(fd), "the executable of process " + std::to_string(process.pid), {}};
        const std::string directory = proc(process.pid, "fd");
        const std::unique_ptr<DIR, int (*)(DIR*)> list(::opendir(directory.c_str()), ::closedir);
        for (const dirent* entry = nullptr; list && (entry = ::readdir(list.get())) != nullptr;)
            if (entry->d_name[0] != '.')
                if (auto fd = is_it(directory + "/" + entry->d_name))
                    return {std::move(fd), "descriptor " + std::string(entry->d_name) + " of process " + std::to_string(process.pid), {}};
    }
    return {};
}

// A directory of the file system that has the file, for open_by_handle_at.
Result<Fd> open_mount(pid_t viewer, const Mount& mount, std::uint32_t device) {
    const Fd root(::open(proc(viewer, "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return errno_error("no root");
    open_how how{};
    how.flags = O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    Fd fd(static_cast<int>(::syscall(SYS_openat2, root.get(), mount.mountpoint.c_str(), &how, sizeof(how))));
    struct stat info {};
    if (!fd || ::fstat(fd.get(), &info)) return errno_error("cannot open a mount");
    if (major(info.st_dev) != device >> 20 || minor(info.st_dev) != (device & 0xfffff)) return Error{"covered", ENOENT, {}};
    return fd;
}

struct Handle {
    int type;
    std::string bytes;
};

// FILEID_INO32_GEN of ext2 to 4 and XFS, and XFS' own of larger numbers. Others give nobody a file by its number.
std::vector<Handle> handles(const quell_identity& file) {
    const auto append = [](std::string& to, auto value) { to.append(reinterpret_cast<const char*>(&value), sizeof(value)); };
    std::vector<Handle> list;
    if (file.inode <= UINT32_MAX) {
        list.push_back({1, {}});
        append(list.back().bytes, static_cast<std::uint32_t>(file.inode));
        append(list.back().bytes, file.generation);
    }
    list.push_back({0x81, {}});
    append(list.back().bytes, file.inode);
    append(list.back().bytes, file.generation);
    return list;
}

Way by_number(const Order& order, const IsObject& is_object) {
    std::size_t tried = 0;
    for (const pid_t viewer : {pid_t{1}, order.viewer}) {
        const auto table = MountTable::of_task(viewer);
        if (!table) continue;
        for (const auto& mount : table->mounts()) {
            if (mount.device != order.device || !(mount.type.starts_with("ext") || mount.type == "xfs") || tried++ >= kMountsTried) continue;
            const auto directory = open_mount(viewer, mount, order.device);
            if (!directory) continue;
            for (const auto& handle : handles(order.file)) {
                alignas(file_handle) std::array<char, sizeof(file_handle) + 16> space{};
                auto* raw = reinterpret_cast<file_handle*>(space.data());
                raw->handle_bytes = static_cast<unsigned>(handle.bytes.size());
                raw->handle_type = handle.type;
                std::memcpy(raw->f_handle, handle.bytes.data(), handle.bytes.size());
                Fd fd(::open_by_handle_at(directory->get(), raw, O_PATH | O_CLOEXEC));
                const auto same = fd ? is_object(fd.get()) : Result<bool>(false);
                if (same && *same) return {std::move(fd), "its number in the file system at " + escape(mount.mountpoint), {}};
            }
        }
    }
    return {};
}

}  // namespace

const char* type_word(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG: return "regular file";
        case S_IFDIR: return "directory";
        case S_IFLNK: return "symbolic link";
        case S_IFIFO: return "FIFO";
        case S_IFSOCK: return "socket";
        case S_IFCHR: return "character device";
        case S_IFBLK: return "block device";
        default: return "file of an unknown type";
    }
}

Result<Fd> look_in_root(int root, const std::string& path) {
    if (path.empty() || path.front() != '/') return Error{"its path is not known", ENOENT, {}};
    open_how how{};
    how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    Fd fd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how))));
    if (!fd) return errno_error("nothing is at its path");
    return fd;
}

Result<Fd> open_regular(int path_fd, std::uint64_t deadline_ns) {
    struct stat info {};
    if (::fstat(path_fd, &info)) return errno_error("cannot look at it");
    if (!S_ISREG(info.st_mode)) return Error{std::string("it is a ") + type_word(info.st_mode) + ", of which there is no content to take", EINVAL, {}};
    const auto link = "/proc/self/fd/" + std::to_string(path_fd);
    int quiet = O_NOATIME;  // its owner's, or CAP_FOWNER's: what is read leaves no trace then
    for (;;) {
        Fd fd(::open(link.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | quiet));
        if (fd) return fd;
        if (errno == EPERM && quiet) quiet = 0;
        else if (errno != EAGAIN || boottime_ns() >= deadline_ns) return errno_error("cannot open it");
        else (void)::poll(nullptr, 0, 100);  // a lease: it is broken meanwhile
    }
}

Result<Found> find_object(const Order& order, const IsObject& is_object) {
    std::string trouble;
    const auto take = [&](Way& way) -> Result<Found> {
        auto fd = open_regular(way.fd.get(), order.deadline_ns);
        if (!fd) return fd.error();
        return Found{std::move(fd).value(), way.how, name_of(way.fd.get())};
    };
    auto path = within_ms(kLookPatienceMs, [order, is_object](const std::atomic<bool>& left) { return by_path(order, is_object, left); });
    if (path && path->fd) return take(*path);
    trouble = path ? path->trouble : "a file system on the way to its path does not answer";
    auto descriptor = within_ms(kLookPatienceMs, [order, is_object](const std::atomic<bool>& left) { return by_descriptor(order, is_object, left); });
    if (descriptor && descriptor->fd) return take(*descriptor);
    if (!descriptor) trouble += "; a file system of what its processes hold does not answer";
    auto number = by_number(order, is_object);
    if (number.fd) return take(number);
    if (!trouble.empty()) return Error{"the file was not found again: " + trouble, EINVAL, {}};
    return Error{"the file is gone: nothing lies at its path, no process of the subject holds it, and its file system does not have it", ENOENT, {}};
}

}  // namespace quell::evidence
