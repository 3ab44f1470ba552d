// SPDX-License-Identifier: Apache-2.0
#include "user/response/cgroup.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "user/base/time.h"
#include "user/response/freeze_mark.h"

namespace quell::response {
namespace {

constexpr const char* kCgroupRoot = "/sys/fs/cgroup";
constexpr int kKernfsHandle = 0xfe;  // FILEID_KERNFS: eight bytes of id

bool has_event(int events_fd, std::string_view line) {
    std::array<char, 256> text;
    const auto n = ::pread(events_fd, text.data(), text.size(), 0);
    if (n < 0) return errno == ENODEV;  // the cgroup itself is gone
    return std::string_view(text.data(), static_cast<std::size_t>(n)).find(line) != std::string_view::npos;
}

bool wait_for_event(int events_fd, std::string_view line, std::uint64_t deadline_ns) {
    for (;;) {
        if (has_event(events_fd, line)) return true;
        const auto now = boottime_ns();
        if (now >= deadline_ns) return false;
        pollfd wait{events_fd, POLLPRI, 0};
        // the notification may come between the read and the poll: never sleep for the whole rest
        (void)::poll(&wait, 1, static_cast<int>(std::min<std::uint64_t>((deadline_ns - now) / 1'000'000 + 1, 50)));
    }
}

}  // namespace

bool is_empty(int events_fd) { return has_event(events_fd, "populated 0"); }

std::optional<bool> freeze_state(int freeze_fd) {
    char state = 0;
    if (::pread(freeze_fd, &state, 1, 0) != 1) return std::nullopt;
    return state == '1';
}

bool is_frozen_by_itself(std::uint64_t id) {
    const auto cgroup = open_cgroup(id);
    if (!cgroup) return false;
    const Fd freeze(::openat(cgroup->get(), "cgroup.freeze", O_RDONLY | O_CLOEXEC));
    return freeze && is_frozen_unmarked(id, [&] { return freeze_state(freeze.get()).value_or(false); });
}

Result<bool> freeze(std::uint64_t id) {
    const auto cgroup = open_cgroup(id);
    if (!cgroup) return cgroup.error();
    const Fd freeze(::openat(cgroup->get(), "cgroup.freeze", O_RDWR | O_CLOEXEC));
    if (freeze && is_frozen_unmarked(id, [&] { return freeze_state(freeze.get()).value_or(false); })) return false;
    if (!freeze || ::pwrite(freeze.get(), "1", 1, 0) != 1) return errno_error("cgroup.freeze could not be written");
    return true;
}

Status thaw(std::uint64_t id) {
    const auto cgroup = open_cgroup(id);
    if (!cgroup) return cgroup.error().code == ESRCH ? success() : Status(cgroup.error());
    const Fd freeze(::openat(cgroup->get(), "cgroup.freeze", O_WRONLY | O_CLOEXEC));
    if (freeze && ::write(freeze.get(), "0", 1) == 1) return success();
    return errno == ENODEV ? success() : Status(errno_error("it is still frozen: cgroup.freeze could not be written"));
}

bool is_in_cgroup(std::uint32_t pid, const std::string& path) {
    const auto file = "/proc/" + std::to_string(pid) + "/cgroup";
    const Fd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 8192> text;
    const auto n = opened ? ::read(opened.get(), text.data(), text.size()) : -1;
    if (n <= 0 || path.empty()) return false;
    std::string_view own(text.data(), static_cast<std::size_t>(n));
    const auto at = own.find("0::");
    if (at == std::string_view::npos || (at && own[at - 1] != '\n')) return false;
    own.remove_prefix(at + 3);
    own = own.substr(0, own.find('\n'));
    return own.starts_with(path) && (own.size() == path.size() || own[path.size()] == '/');
}

Result<Fd> open_cgroup(std::uint64_t id) {
    Fd root(::open(kCgroupRoot, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root) return errno_error(std::string("cannot open ") + kCgroupRoot);
    alignas(file_handle) std::array<char, sizeof(file_handle) + sizeof(id)> space{};
    auto* handle = reinterpret_cast<file_handle*>(space.data());
    handle->handle_bytes = sizeof(id);
    handle->handle_type = kKernfsHandle;
    std::memcpy(handle->f_handle, &id, sizeof(id));
    Fd cgroup(::open_by_handle_at(root.get(), handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!cgroup) {
        auto error = errno_error("cannot open the cgroup " + std::to_string(id));
        if (error.code == ESTALE || error.code == ENOENT) error.code = ESRCH;  // removed: there is nobody any more
        return error;
    }
    return cgroup;
}

std::string cgroup_path(std::uint64_t id) {
    auto cgroup = open_cgroup(id);
    if (!cgroup) return {};
    std::array<char, 4096> path;
    const auto link = "/proc/self/fd/" + std::to_string(cgroup->get());
    const auto n = ::readlink(link.c_str(), path.data(), path.size());
    if (n <= 0) return {};
    std::string_view text(path.data(), static_cast<std::size_t>(n));
    if (text.starts_with(kCgroupRoot)) text.remove_prefix(std::strlen(kCgroupRoot));
    return std::string(text.empty() ? "/" : text);
}

bool wait_until_empty(int events_fd, std::uint64_t deadline_ns) { return wait_for_event(events_fd, "populated 0", deadline_ns); }

bool wait_until_frozen(int events_fd, std::uint64_t deadline_ns) { return wait_for_event(events_fd, "frozen 1", deadline_ns); }

bool wait_until_cgroup_frozen(std::uint64_t id, std::uint64_t deadline_ns) {
    const auto cgroup = open_cgroup(id);
    const Fd events(cgroup ? ::openat(cgroup->get(), "cgroup.events", O_RDONLY | O_CLOEXEC) : -1);
    return events && wait_until_frozen(events.get(), deadline_ns);
}

}  // namespace quell::response
