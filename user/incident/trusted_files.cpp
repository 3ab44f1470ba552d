// SPDX-License-Identifier: Apache-2.0
#include "user/incident/trusted_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <memory>

#include "user/base/files.h"

namespace quell {
namespace {

constexpr int kLinksMax = 8;
constexpr std::size_t kComponentsMax = 64;

// Puts the components in front of what is still to be walked.
Status push_front(std::deque<std::string>& todo, const std::string& path) {
    std::deque<std::string> components;
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string name = path.substr(at, end - at);
        at = end + 1;
        if (name.empty() || name == ".") continue;
        // Going up would need the way that was come; no runtime writes it.
        if (name == ".." || name.find('\0') != std::string::npos) return Error{"odd path", EINVAL, {}};
        components.push_back(name);
    }
    todo.insert(todo.begin(), components.begin(), components.end());
    if (todo.size() > kComponentsMax) return Error{"path is too deep", ENAMETOOLONG, {}};
    return success();
}

}  // namespace

Result<TrustedFiles> TrustedFiles::open(const std::string& root, uid_t owner) {
    Fd fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return errno_error("cannot open " + root);
    return TrustedFiles(std::move(fd), owner);
}

// Component by component, each opened without following and then judged: what
// was judged is what is used.
Result<Fd> TrustedFiles::walk(const std::string& path, int flags) const {
    std::deque<std::string> todo;
    if (auto pushed = push_front(todo, path); !pushed) return pushed.error();
    Fd at(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 0));
    if (!at) return errno_error("cannot walk to " + path);
    for (int links = 0; !todo.empty();) {
        const std::string name = std::move(todo.front());
        todo.pop_front();
        Fd next(::openat(at.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        if (!next) return errno_error("cannot open " + path);
        struct stat info {};
        if (::fstat(next.get(), &info) != 0) return errno_error("cannot stat " + path);
        if (info.st_uid != owner_) return Error{path + ": " + name + " does not belong to root", EPERM, {}};
        if (S_ISLNK(info.st_mode)) {
            if (++links > kLinksMax) return Error{path + ": too many links", ELOOP, {}};
            std::string target(PATH_MAX, '\0');
            const ssize_t size = ::readlinkat(next.get(), "", target.data(), target.size());
            if (size <= 0) return errno_error("cannot follow " + path);
            target.resize(static_cast<std::size_t>(size));
            if (auto pushed = push_front(todo, target); !pushed) return pushed.error();
            if (target[0] == '/') at = Fd(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 0));
            continue;
        }
        // In a sticky directory (/tmp) nobody moves what is root's.
        const bool sticky = S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0 && !todo.empty();
        if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky)
            return Error{path + ": others may write to " + name, EPERM, {}};
        at = std::move(next);
    }
    // The same object again, this time to be read; opening a FIFO or a device
    // would do something.
    struct stat info {};
    if (::fstat(at.get(), &info) != 0 || !(S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)))
        return Error{path + " is no regular file", EINVAL, {}};
    const std::string self = "/proc/self/fd/" + std::to_string(at.get());
    Fd opened(::open(self.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags));
    if (!opened) return errno_error("cannot open " + path);
    return opened;
}

Result<std::string> TrustedFiles::read(const std::string& path, std::size_t max_bytes) const {
    auto fd = walk(path, 0);
    if (!fd) return fd.error();
    struct stat info {};
    if (::fstat(fd->get(), &info) != 0 || !S_ISREG(info.st_mode)) return Error{path + " is no regular file", EINVAL, {}};
    return read_all(fd->get(), max_bytes);
}

Result<std::vector<std::string>> TrustedFiles::list(const std::string& path, std::size_t max) const {
    auto fd = walk(path, O_DIRECTORY);
    if (!fd) return fd.error();
    const auto close_dir = [](DIR* dir) { ::closedir(dir); };
    const std::unique_ptr<DIR, decltype(close_dir)> dir(::fdopendir(fd->get()), close_dir);
    if (!dir) return errno_error("cannot list " + path);
    (void)fd->release();  // the DIR's now
    std::vector<std::string> names;
    while (names.size() < max) {
        const dirent* entry = ::readdir(dir.get());
        if (entry == nullptr) break;
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    return names;
}

}  // namespace quell
