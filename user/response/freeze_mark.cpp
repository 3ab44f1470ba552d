// SPDX-License-Identifier: Apache-2.0
#include "user/response/freeze_mark.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>

#include "user/base/fd.h"
#include "user/base/log.h"
#include "user/base/result.h"

namespace quell::response {
namespace {

constexpr std::size_t kMarksMax = 4096;

std::string mark_path(std::uint64_t cgroup, const std::string& directory) { return directory + "/" + std::to_string(cgroup); }

}  // namespace

FreezeMark::FreezeMark(std::uint64_t cgroup, std::string directory) : path_(mark_path(cgroup, directory)) {
    if (::mkdir(directory.c_str(), 0700) && errno != EEXIST) log::warn(errno_error("cannot make " + directory).message);
    const Fd made(::open(path_.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!made) log::warn(errno_error("cannot note that a container is frozen").message);
}

FreezeMark::~FreezeMark() {
    if (!kept_) (void)::unlink(path_.c_str());
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
