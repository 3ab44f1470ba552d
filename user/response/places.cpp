// SPDX-License-Identifier: Apache-2.0
#include "user/response/places.h"

#include <linux/openat2.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "user/base/escape.h"
#include "user/incident/mounts.h"
#include "user/response/place_files.h"
#include "user/response/process.h"

namespace quell::response {
namespace {

constexpr std::size_t kShown = 256;  // of a path

Error error(int code, std::string text) { return Error{std::move(text), code, {}}; }

class Finder {
public:
    // `resolve`: of what is named.
    Finder(bpf::Engine& engine, std::uint64_t container, Mounted mounted, quell_u64 resolve) : engine_(engine), container_(container), mounted_(mounted), resolve_(resolve) {}

    Result<FoundPlaces> find(const Root& root, const std::vector<std::string>& paths) {
        for (const auto& path : paths)
            if (const auto added = add_named(root, path); !added) return added.error();
        return std::move(found_);
    }

private:
    Status add_named(const Root& root, const std::string& path) {
        const auto place = open_in(root, path, resolve_);
        if (!place) return error(ESRCH, escape_cut(path, kShown) + ": " + why_not_opened(errno));
        struct stat info {};
        const auto where = path_in(root, place);
        if (::fstat(place.get(), &info) || !where) return error(EOPNOTSUPP, escape_cut(path, kShown) + " has no path in the container");
        if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode)) return error(EOPNOTSUPP, escape_cut(path, kShown) + " is neither a directory nor a regular file");
        if (const auto added = add(place, *where); !added) return added;
        found_.text += (found_.text.empty() ? "" : ", ") + escape_cut(*where, kShown);
        found_.paths.push_back(*where);
        return S_ISDIR(info.st_mode) && mounted_ == Mounted::kToo ? add_mounts(root, *where) : success();
    }

    // A directory of another file system has none of this one above it.
    Status add_mounts(const Root& root, const std::string& directory) {
        const auto table = MountTable::of_task(static_cast<pid_t>(root.init.pid));
        if (!table || !is_alive(root.init)) return error(ESRCH, "what is mounted in the container cannot be read");
        bool is_first = true;
        for (const auto& mountpoint : mountpoints_below(*table, directory, root.mounted_at)) {
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
    Mounted mounted_;
    quell_u64 resolve_;
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
    const auto root = open_root(engine, container);
    return root ? Finder(engine, container, Mounted::kToo, 0).find(*root, paths) : Result<FoundPlaces>(root.error());
}

Result<FoundPlaces> find_places(bpf::Engine& engine, std::uint64_t container, const Root& root, const std::vector<std::string>& paths, Mounted mounted) {
    return Finder(engine, container, mounted, RESOLVE_NO_SYMLINKS).find(root, paths);
}

quell_u32 add_places(quell_places& places, const quell_places& more) {
    quell_u32 left_out = 0;
    for (quell_u32 i = 0; i < std::min<quell_u32>(more.count, QUELL_PLACES_MAX); i++) {
        const auto end = places.at + places.count;
        if (std::find_if(places.at, end, [&](const quell_file_key& one) { return !std::memcmp(&one, &more.at[i], sizeof(one)); }) != end) continue;
        if (places.count < QUELL_PLACES_MAX) places.at[places.count++] = more.at[i];
        else left_out++;
    }
    return left_out;
}

}  // namespace quell::response
