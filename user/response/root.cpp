// SPDX-License-Identifier: Apache-2.0
#include "user/response/root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "user/base/escape.h"
#include "user/response/process.h"

namespace quell::response {
namespace {

constexpr std::size_t kRootPathMax = 4096;
constexpr std::size_t kRootShown = 256;  // of it, in a message

Error no_root(int code, std::string text) { return Error{std::move(text), code, {}}; }

std::string path_of(int descriptor) {
    std::array<char, kRootPathMax> path;
    const auto n = ::readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), path.data(), path.size());
    return {path.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
}

Fd root_of(quell_u32 pid) { return Fd(::open(("/proc/" + std::to_string(pid) + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)); }

bool is_same(const struct stat& one, const struct stat& other) { return one.st_dev == other.st_dev && one.st_ino == other.st_ino; }

}  // namespace

Result<Root> open_root(bpf::Engine& engine, std::uint64_t id) {
    const auto container = engine.container(id);
    if (!container) return no_root(ESRCH, "the container is gone");
    Root root;
    root.init.pid = container->init_pid;
    root.init.start_ns = container->init_start_ns;
    root.fd = root_of(root.init.pid);
    const int error = root.fd ? 0 : errno;
    // its number may have been given to another process, which is seen once the descriptor is there
    const bool is_there = is_alive(root.init);
    if (error && error != ENOENT && error != ESRCH && is_there) return errno_error("the container's root cannot be opened", error);
    if (error || !is_there) return no_root(ESRCH, "the container's first process has ended: its files are not to be reached by path");
    root.path = path_of(root.fd.get());
    if (root.path == "/") root.path.clear();
    return root;
}

Result<Root> open_root(const Starting& starting, const std::string& hosts) {
    Root root;
    root.init = task_of(starting.pid);
    root.fd = root_of(starting.pid);
    struct stat info {}, host {};
    if (!root.fd || ::fstat(root.fd.get(), &info) || !is_alive(root.init)) return no_root(ESRCH, "the container's first process has ended");
    if (::stat(hosts.c_str(), &host)) return errno_error("the host's root is not to be told from the container's");
    if (is_same(info, host)) {  // the runtime changes it behind its hooks
        if (starting.root.empty()) return no_root(EOPNOTSUPP, "its OCI hook does not say where its root will be");
        root.fd = open_in(root, starting.root);
        if (!root.fd || ::fstat(root.fd.get(), &info)) return no_root(EOPNOTSUPP, "its root is not to be found at " + escape_cut(starting.root, kRootShown));
        if (!S_ISDIR(info.st_mode) || is_same(info, host)) return no_root(EOPNOTSUPP, "no root of a container is at " + escape_cut(starting.root, kRootShown));
        root.mounted_at = path_of(root.fd.get());
    }
    root.path = path_of(root.fd.get());
    if (root.path == "/") root.path.clear();
    return root;
}

Fd open_in(const Root& root, const std::string& path, quell_u64 resolve) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve;
    return Fd(static_cast<int>(::syscall(SYS_openat2, root.fd.get(), path.c_str(), &how, sizeof(how))));
}

std::string why_not_opened(int code) { return code == ELOOP ? "a symbolic link leads elsewhere" : std::strerror(code); }

std::optional<std::string> path_in(const Root& root, const Fd& place) {
    const auto path = path_of(place.get());
    if (path.empty() || path.front() != '/' || !path.starts_with(root.path)) return std::nullopt;
    const auto rest = path.substr(root.path.size());
    if (rest.empty()) return "/";
    return rest.front() == '/' ? std::optional(rest) : std::nullopt;
}

}  // namespace quell::response
