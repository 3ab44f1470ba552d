// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/content_search.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "user/base/sha256.h"
#include "user/base/time.h"
#include "user/response/local_files.h"

namespace quell::daemon {

using response::is_local;
using response::is_on_local;

namespace {

constexpr std::size_t kDepthMax = 64;
constexpr std::size_t kChunk = 256 * 1024;
constexpr std::size_t kPathLengthMax = 4096;

Fd open_beneath(int directory, const std::string& path, int flags, std::uint64_t resolve) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW);
    how.resolve = resolve;
    return Fd(static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof(how))));
}

// As the kernel writes spaces and their like: \040.
std::string without_octal(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); i++) {
        const auto digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '7' ? text[at] - '0' : -1; };
        if (text[i] == '\\' && digit(i + 1) >= 0 && digit(i + 2) >= 0 && digit(i + 3) >= 0) {
            plain += static_cast<char>(digit(i + 1) * 64 + digit(i + 2) * 8 + digit(i + 3));
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

}  // namespace

ContentSearch::ContentSearch(const SearchLimits& limits) : limits_(limits), until_ns_(boottime_ns() + limits.time_ns) {}

void ContentSearch::end(const std::string& why) {
    if (ended_.empty()) ended_ = why;
}

std::string ContentSearch::ended() const {
    if (!ended_.empty() || !too_deep_) return ended_;
    return "directories that are nested deeper than " + std::to_string(kDepthMax) + " were left out";
}

bool ContentSearch::goes_on() {
    if (ended_.empty() && boottime_ns() > until_ns_) end("it took longer than " + duration_text(static_cast<std::int64_t>(limits_.time_ns)));
    return ended_.empty();
}

Result<Fd> ContentSearch::open(const SearchPlace& place, const std::string& path) const {
    if (!path.starts_with('/') || path.size() > kPathLengthMax || path.find('\0') != std::string::npos) return Error{"no path", EINVAL, {}};
    if (!is_local(*place.mounts, path)) return Error{"it lies on, or behind, a file system that is not read", EXDEV, {}};
    auto file = open_beneath(place.root, path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    if (!file) return errno == ELOOP ? Error{"it is reached by a symbolic link: name it by its real path", ELOOP, {}} : errno_error("it cannot be opened");
    struct stat info {};
    if (::fstat(file.get(), &info) || !S_ISREG(info.st_mode)) return Error{"it is no regular file", EINVAL, {}};
    if (!is_on_local(file.get())) return Error{"it lies on a file system that is not read", EXDEV, {}};
    return file;
}

Result<Content> ContentSearch::content_of(int file) {
    struct stat info {};
    if (::fstat(file, &info)) return errno_error("it cannot be looked at");
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > limits_.bytes - std::min(bytes_, limits_.bytes)) return Error{"it is longer than may be read", EFBIG, {}};
    const Fd readable = response::reopen_regular(file);
    if (!readable) return errno_error("it cannot be read");
    Sha256 hash;
    std::uint64_t read_so_far = 0;
    const auto chunk = std::make_unique<std::array<char, kChunk>>();
    while (true) {
        if (!goes_on()) return Error{ended_, ETIME, {}};
        const auto n = ::read(readable.get(), chunk->data(), chunk->size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error("it cannot be read");
        if (n == 0) break;
        read_so_far += static_cast<std::uint64_t>(n);
        bytes_ += static_cast<std::uint64_t>(n);
        if (read_so_far > size) return Error{"it grew while it was read", EBUSY, {}};
        hash.update({chunk->data(), static_cast<std::size_t>(n)});
    }
    if (read_so_far != size) return Error{"it shrank while it was read", EBUSY, {}};
    return Content{size, hash.finish_hex()};
}

bool ContentSearch::is_of(int file, const Content& wanted, const IsSame& is_same) {
    struct stat info {};
    if (::fstat(file, &info) || static_cast<std::uint64_t>(info.st_size) != wanted.size) return false;
    if (is_same && is_same(file)) return true;
    if (wanted.size > limits_.bytes - std::min(bytes_, limits_.bytes)) {
        end("more than " + std::to_string(limits_.bytes >> 20) + " MiB would have been read");
        return false;
    }
    const auto content = content_of(file);
    return content && content->sha256 == wanted.sha256;
}

void ContentSearch::look_at(const SearchPlace& place, const std::string& path, const Content& wanted, const IsSame& is_same, std::vector<FoundFile>& found) {
    if (!goes_on()) return;
    auto file = open(place, path);
    if (!file || !is_of(file->get(), wanted, is_same)) return;
    if (found_ >= limits_.found) return end("there are more than " + std::to_string(limits_.found));
    found_++;
    found.push_back({path, std::move(file).value()});
}

void ContentSearch::walk(const SearchPlace& place, Fd directory, const std::string& path, const Content& wanted, const IsSame& is_same, std::size_t depth, std::vector<FoundFile>& found) {
    if (depth > kDepthMax) {
        too_deep_ = true;
        return;
    }
    const int number = directory.get();
    const std::unique_ptr<DIR, int (*)(DIR*)> list(::fdopendir(number), ::closedir);
    if (!list) return;
    (void)directory.release();  // closedir() closes it
    while (goes_on()) {
        const dirent* entry = ::readdir(list.get());
        if (!entry) return;
        const std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        if (++names_ > limits_.names) return end("there were more than " + std::to_string(limits_.names) + " names");
        const std::string below = path + "/" + name;
        if (below.size() > kPathLengthMax) continue;
        struct stat info {};
        if (entry->d_type != DT_REG && entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) continue;
        if (::fstatat(number, name.c_str(), &info, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT)) continue;
        if (S_ISREG(info.st_mode) && static_cast<std::uint64_t>(info.st_size) == wanted.size) look_at(place, below, wanted, is_same, found);
        if (!S_ISDIR(info.st_mode)) continue;
        // a mountpoint is EXDEV: each mount is walked by itself, or not at all
        auto next = open_beneath(number, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
        if (next) walk(place, std::move(next), below, wanted, is_same, depth + 1, found);
    }
}

void ContentSearch::look_everywhere(const SearchPlace& place, const Content& wanted, const IsSame& is_same, std::vector<FoundFile>& found) {
    const auto reading = O_RDONLY | O_DIRECTORY | O_NONBLOCK;
    const int top = place.upper >= 0 ? place.upper : place.root;
    if (is_on_local(top))
        if (auto opened = open_beneath(top, ".", reading, RESOLVE_NO_SYMLINKS)) walk(place, std::move(opened), "", wanted, is_same, 0, found);
    for (const auto& mount : place.mounts->mounts()) {
        if (!goes_on()) return;
        if (mount.mountpoint == "/" || !is_local(*place.mounts, mount.mountpoint)) continue;
        auto opened = open_beneath(place.root, mount.mountpoint, reading, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
        if (opened && is_on_local(opened.get())) walk(place, std::move(opened), mount.mountpoint, wanted, is_same, 0, found);
        else if (!opened && errno == ENOTDIR) look_at(place, mount.mountpoint, wanted, is_same, found);  // of a single file
    }
}

std::string upper_of_root(std::string_view mountinfo) {
    std::string upper;
    while (!mountinfo.empty()) {
        const auto line = mountinfo.substr(0, mountinfo.find('\n'));
        mountinfo.remove_prefix(std::min(line.size() + 1, mountinfo.size()));
        const auto behind = line.find(" - ");
        if (behind == std::string_view::npos) continue;
        auto front = line.substr(0, behind);
        for (int skipped = 0; skipped < 4; skipped++) front.remove_prefix(std::min(front.find(' ') + 1, front.size()));
        if (front.substr(0, front.find(' ')) != "/") continue;
        upper.clear();  // the last one lies on top
        auto options = line.substr(behind + 3);
        if (!options.starts_with("overlay ")) continue;
        options.remove_prefix(options.rfind(' ') + 1);
        constexpr std::string_view kOption = "upperdir=";
        for (std::size_t at = 0; at < options.size();) {
            const auto end = std::min(options.find(',', at), options.size());
            if (options.substr(at).starts_with(kOption)) upper = without_octal(options.substr(at + kOption.size(), end - at - kOption.size()));
            at = end + 1;
        }
    }
    return upper.starts_with('/') ? upper : "";
}

}  // namespace quell::daemon
