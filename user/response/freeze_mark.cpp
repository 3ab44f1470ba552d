// SPDX-License-Identifier: Apache-2.0
#include "user/response/freeze_mark.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <map>
#include <mutex>

#include "user/base/fd.h"
#include "user/base/log.h"
#include "user/base/result.h"

namespace quell::response {
namespace {

constexpr std::size_t kMarksMax = 4096;

std::string mark_path(std::uint64_t cgroup, const std::string& directory) { return directory + "/" + std::to_string(cgroup); }

// Those of this process, by their files; several may be of one.
struct Marks {
    std::mutex mutex;
    std::map<std::string, std::size_t> count;
};

Marks& marks() {
    static Marks instance;
    return instance;
}

}  // namespace

FreezeMark::FreezeMark(std::uint64_t cgroup, std::string directory) : path_(mark_path(cgroup, directory)) {
    const std::lock_guard lock(marks().mutex);
    marks().count[path_]++;
    if (::mkdir(directory.c_str(), 0700) && errno != EEXIST) log::warn(errno_error("cannot make " + directory).message);
    const Fd made(::open(path_.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!made) log::warn(errno_error("cannot note that a container is frozen").message);
}

FreezeMark::~FreezeMark() {
    if (is_over_) return;
    const std::lock_guard lock(marks().mutex);
    leave();
}

// The file is there for as long as one of them is.
void FreezeMark::leave() {
    is_over_ = true;
    const auto found = marks().count.find(path_);
    if (found == marks().count.end() || --found->second) return;
    marks().count.erase(found);
    if (!kept_) (void)::unlink(path_.c_str());
}

bool FreezeMark::end(const std::function<bool()>& stands, const std::function<bool(bool)>& write) {
    const std::lock_guard lock(marks().mutex);
    const bool is_last = marks().count[path_] == 1;
    bool is_written = true, frozen = false;
    do {
        frozen = stands();
        if (frozen || is_last) is_written = write(frozen);
    } while (is_written && stands() != frozen);
    if (!is_written && !frozen) kept_ = true;
    leave();
    return is_written;
}

bool is_frozen_unmarked(std::uint64_t cgroup, const std::function<bool()>& is_frozen, const std::string& directory) {
    const std::lock_guard lock(marks().mutex);
    return !marks().count.contains(mark_path(cgroup, directory)) && is_frozen();
}

std::vector<std::uint64_t> left_frozen(const std::string& directory) {
    std::vector<std::uint64_t> found;
    std::error_code failed;
    for (std::filesystem::directory_iterator at(directory, failed), end; !failed && at != end && found.size() < kMarksMax; at.increment(failed)) {
        const auto name = at->path().filename().string();
        std::uint64_t cgroup = 0;
        const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), cgroup);
        if (error == std::errc{} && rest == name.data() + name.size() && cgroup) found.push_back(cgroup);
    }
    return found;
}

void forget_freeze(std::uint64_t cgroup, const std::string& directory) { (void)::unlink(mark_path(cgroup, directory).c_str()); }

}  // namespace quell::response
