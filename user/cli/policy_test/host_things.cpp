// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_test/host_things.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace quell::cli {

namespace {

constexpr const char* kAside = ".quell-aside";  // named in docs/policy-test.md

bool is_there(const std::string& path, struct stat& found) { return ::lstat(path.c_str(), &found) == 0; }

// What is found there, an empty directory included.
bool removed(const std::string& path) {
    struct stat found {};
    if (!is_there(path, found)) return errno == ENOENT;
    return (S_ISDIR(found.st_mode) ? ::rmdir(path.c_str()) : ::unlink(path.c_str())) == 0;
}

// The kernel side sees paths after links were followed.
Status leads_through_no_link(const std::string& path) {
    std::filesystem::path above = std::filesystem::path(path).parent_path();
    std::error_code error;
    while (!std::filesystem::exists(std::filesystem::symlink_status(above, error)) && above.has_relative_path()) above = above.parent_path();
    const auto real = std::filesystem::canonical(above, error);
    if (error || real == above) return success();
    return Error{path + " leads through a symbolic link: " + above.string() + " is " + real.string(), 0, {}};
}

}  // namespace

Status HostThings::ready(const std::string& path) {
    if (auto straight = leads_through_no_link(path); !straight) return straight;
    std::vector<std::string> made;
    const auto there = make_directories(path, &made);
    for (std::string& directory : made) steps_.push_back({std::move(directory), {}});
    return there;
}

Status HostThings::set_aside(const std::string& path) {
    struct stat found {};
    if (!is_there(path, found)) return success();
    if (S_ISDIR(found.st_mode)) return Error{"there is a directory at " + path, EEXIST, {}};
    const std::string aside = path + kAside;
    if (is_there(aside, found)) return Error{"an earlier run has left " + aside + ": it belongs to " + path, EEXIST, {}};
    if (std::rename(path.c_str(), aside.c_str()) != 0) return errno_error("cannot set " + path + " aside");
    steps_.push_back({path, aside});
    return success();
}

Status HostThings::clear(const std::string& path) {
    if (auto there = ready(path); !there) return there;
    const std::size_t before = steps_.size();
    if (auto aside = set_aside(path); !aside) return aside;
    if (steps_.size() == before) steps_.push_back({path, {}});
    return success();
}

// A program that is there is exchanged in one step: the host may be about to execute it.
Status HostThings::put(const Thing& thing) {
    if (auto there = ready(thing.path); !there) return there;
    struct stat found {};
    if (!is_there(thing.path, found)) {
        steps_.push_back({thing.path, {}});
        return make_thing("", thing, program_);
    }
    if (S_ISDIR(found.st_mode) && thing.may_be_there) return success();
    if (S_ISDIR(found.st_mode)) return Error{"there is a directory at " + thing.path, EEXIST, {}};
    Thing beside = thing;
    beside.path += kAside;
    if (is_there(beside.path, found)) return Error{"an earlier run has left " + beside.path + ": it belongs to " + thing.path, EEXIST, {}};
    // whatever fails from here on: a rule may keep us from removing it at once
    steps_.push_back({beside.path, {}});
    if (auto made = make_thing("", beside, program_); !made) return made;
    if (::renameat2(AT_FDCWD, thing.path.c_str(), AT_FDCWD, beside.path.c_str(), RENAME_EXCHANGE) != 0) return errno_error("cannot exchange " + thing.path);
    steps_.back() = {thing.path, beside.path};
    return success();
}

Result<Fd> HostThings::listen(const Thing& thing) {
    if (auto free = clear(thing.path); !free) return free.error();
    return listen_at(thing.path, thing);
}

bool HostThings::take_back() {
    std::vector<Step> left;
    for (; !steps_.empty(); steps_.pop_back()) {
        const Step& step = steps_.back();
        struct stat found {};
        // a directory would not give way to what was set aside
        const bool is_directory = is_there(step.path, found) && S_ISDIR(found.st_mode);
        const bool is_back = step.aside.empty() ? removed(step.path) : (!is_directory || removed(step.path)) && std::rename(step.aside.c_str(), step.path.c_str()) == 0;
        const int errno_of_removal = errno;
        // what somebody has put into a directory meanwhile stays, with it; what is left in it by us goes the next time
        const bool holds_ours = std::ranges::any_of(left, [&](const Step& other) { return other.path.starts_with(step.path + "/"); });
        if (!is_back && (holds_ours || !step.aside.empty() || errno_of_removal != ENOTEMPTY)) left.insert(left.begin(), step);
    }
    steps_ = std::move(left);
    return steps_.empty();
}

std::vector<std::string> HostThings::left() const {
    std::vector<std::string> texts;
    for (const Step& step : steps_) texts.push_back(step.aside.empty() ? step.path : step.path + ", which is " + step.aside);
    return texts;
}

}  // namespace quell::cli
