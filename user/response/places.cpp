// SPDX-License-Identifier: Apache-2.0
#include "user/response/places.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "user/base/escape.h"
#include "user/base/fd.h"
#include "user/incident/mounts.h"
#include "user/response/place_files.h"
#include "user/response/process.h"

namespace quell::response {
namespace {

constexpr std::size_t kShown = 256;  // of a path

Error error(int code, std::string text) { return Error{std::move(text), code, {}}; }

struct Root {
    Fd fd;
    quell_task_ref init{};
    std::string path;  // as the host has it, before what lies in it; "" where that is "/"
};

std::string path_of(int descriptor) {
    std::array<char, kPlacePathMax> path;
    const auto n = ::readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), path.data(), path.size());
    return {path.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
}

Result<Root> open_root(bpf::Engine& engine, std::uint64_t id) {
    const auto container = engine.container(id);
    if (!container) return error(ESRCH, "the container is gone");
    Root root;
    root.init.pid = container->init_pid;
    root.init.start_ns = container->init_start_ns;
    root.fd = Fd(::open(("/proc/" + std::to_string(root.init.pid) + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    // its number may have been given to another process, which is seen once the descriptor is there
    if (!root.fd || !is_alive(root.init)) return error(ESRCH, "the container's first process has ended: its files are not to be reached by path");
    root.path = path_of(root.fd.get());
    if (root.path == "/") root.path.clear();
    return root;
}

// Opens nothing, so that a FIFO holds nobody up.
Fd open_in(const Root& root, const std::string& path, quell_u64 resolve) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve;
    return Fd(static_cast<int>(::syscall(SYS_openat2, root.fd.get(), path.c_str(), &how, sizeof(how))));
}

// Where it lies below the container's root, its links followed; nothing where that cannot be said.
std::optional<std::string> path_in(const Root& root, const Fd& place) {
    const auto path = path_of(place.get());
    if (path.empty() || path.front() != '/' || !path.starts_with(root.path)) return std::nullopt;
    const auto rest = path.substr(root.path.size());
    if (rest.empty()) return "/";
    return rest.front() == '/' ? std::optional(rest) : std::nullopt;
}

class Finder {
public:
    Finder(bpf::Engine& engine, std::uint64_t container) : engine_(engine), container_(container) {}

    Result<FoundPlaces> find(const std::vector<std::string>& paths) {
        auto root = open_root(engine_, container_);
        if (!root) return root.error();
        for (const auto& path : paths)
            if (const auto added = add_named(*root, path); !added) return added.error();
        return std::move(found_);
    }

private:
    Status add_named(const Root& root, const std::string& path) {
        const auto place = open_in(root, path, 0);
        if (!place) return error(ESRCH, escape_cut(path, kShown) + ": " + std::strerror(errno));
        struct stat info {};
        const auto where = path_in(root, place);
        if (::fstat(place.get(), &info) || !where) return error(EOPNOTSUPP, escape_cut(path, kShown) + " has no path in the container");
        if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode)) return error(EOPNOTSUPP, escape_cut(path, kShown) + " is neither a directory nor a regular file");
        if (const auto added = add(place, *where); !added) return added;
        found_.text += (found_.text.empty() ? "" : ", ") + escape_cut(*where, kShown);
        return S_ISDIR(info.st_mode) ? add_mounts(root, *where) : success();
    }

    // A directory of another file system has none of this one above it.
    Status add_mounts(const Root& root, const std::string& directory) {
        const auto table = MountTable::of_task(static_cast<pid_t>(root.init.pid));
        if (!table || !is_alive(root.init)) return error(ESRCH, "what is mounted in the container cannot be read");
        bool is_first = true;
        for (const auto& mountpoint : mountpoints_below(*table, directory)) {
            const auto mounted = open_in(root, mountpoint, RESOLVE_NO_SYMLINKS);
            struct stat info {};
            // covered by another mount, or gone: it is not below the directory
            if (!mounted || ::fstat(mounted.get(), &info) || (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode))) continue;
            if (const auto added = add(mounted, mountpoint); !added) return added;
            found_.text += (is_first ? " with what is mounted at " : " and ") + escape_cut(mountpoint, kShown);
            is_first = false;
        }
        return success();
    }

    Status add(const Fd& place, const std::string& path) {
        const auto file = engine_.open_file(place.get(), container_);
        if (!file) return file.error();
        if (!(file->object_flags & QUELL_OBJECT_LASTS)) return error(EOPNOTSUPP, escape_cut(path, kShown) + " cannot be told from others by what lasts (removed, or on btrfs)");
        auto& places = found_.places;
        for (quell_u32 i = 0; i < places.count; i++)
            if (!std::memcmp(&places.at[i], &file->file, sizeof(file->file))) return success();
        if (places.count == QUELL_PLACES_MAX)
            return error(E2BIG, "with what is mounted below them these are more than " + std::to_string(QUELL_PLACES_MAX) + " places: name fewer, or narrower ones");
        places.at[places.count++] = file->file;
        return success();
    }

    bpf::Engine& engine_;
    std::uint64_t container_;
    FoundPlaces found_;
};

}  // namespace

std::string misnamed_places(const std::vector<std::string>& paths) {
    if (paths.size() > QUELL_PLACES_MAX) return "at most " + std::to_string(QUELL_PLACES_MAX) + " places can be named";
    for (const auto& path : paths) {
        if (!path.starts_with('/')) return "a place is an absolute path in the container: " + escape_cut(path, kShown);
        if (path.size() >= kPlacePathMax || path.find('\0') != std::string::npos) return "a place's path is too long, or holds a NUL";
    }
    return {};
}

Result<FoundPlaces> find_places(bpf::Engine& engine, std::uint64_t container, const std::vector<std::string>& paths) {
    return Finder(engine, container).find(paths);
}

}  // namespace quell::response
