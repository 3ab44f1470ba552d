// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_test/scratch.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>

#include "user/base/files.h"

namespace quell::cli {

namespace {

std::string cgroup_mount() {
    for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        struct statfs found {};
        if (::statfs(path, &found) == 0 && static_cast<std::uint32_t>(found.f_type) == CGROUP2_SUPER_MAGIC) return path;
    }
    return {};
}

std::string random_id() {
    unsigned char bytes[32];
    std::string text;
    if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) return text;
    for (const unsigned char byte : bytes) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", byte);
        text += digits;
    }
    return text;
}

}  // namespace

// Not below /tmp: that may be a memory file system of little room.
Result<Scratch> Scratch::make() {
    char directory[] = "/var/tmp/quell-policy-test.XXXXXX";
    if (::mkdtemp(directory) == nullptr) return errno_error("cannot make a directory below /var/tmp");
    // a directory there is what a container's user has to pass
    if (::chmod(directory, 0755) != 0) return errno_error(std::string("cannot open up ") + directory);
    std::string cgroups = cgroup_mount();
    if (!cgroups.empty()) cgroups += "/quell-policy-test";
    return Scratch(directory, std::move(cgroups));
}

Scratch::~Scratch() {
    if (directory_.empty()) return;
    std::error_code error;
    std::filesystem::remove_all(directory_, error);
    if (!cgroups_.empty()) (void)::rmdir(cgroups_.c_str());
}

Result<ContainerPlace> ContainerPlace::make(const Scratch& scratch) {
    if (scratch.cgroups().empty()) return Error{"there is no cgroup version 2 at /sys/fs/cgroup", 0, {}};
    const std::string id = random_id(), directory = scratch.directory() + "/" + id.substr(0, 12), cgroup = scratch.cgroups() + "/libpod-" + id;
    (void)::mkdir(scratch.cgroups().c_str(), 0755);
    for (const char* part : {"", "/lower", "/upper", "/work", "/root"})
        if (::mkdir((directory + part).c_str(), 0755) != 0) return errno_error("cannot make " + directory + part);
    ContainerPlace place(directory, cgroup);
    if (::mkdir(cgroup.c_str(), 0755) != 0) return errno_error("cannot make the cgroup " + cgroup);
    return place;
}

ContainerPlace::~ContainerPlace() {
    if (directory_.empty()) return;
    {
        const Fd kill(::open((cgroup_ + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
        if (kill) (void)write_all(kill.get(), "1");
    }
    // until the last one in it is gone
    for (int turn = 0; turn < 500 && ::rmdir(cgroup_.c_str()) != 0 && errno == EBUSY; turn++) ::usleep(10'000);
    std::error_code error;
    std::filesystem::remove_all(directory_, error);
}

Status ContainerPlace::mount_layers() const {
    const std::string layers = "lowerdir=" + lower() + ",upperdir=" + directory_ + "/upper,workdir=" + directory_ + "/work";
    if (::mount("overlay", root().c_str(), "overlay", 0, layers.c_str()) != 0) return errno_error("cannot mount an overlay");
    if (::mount("proc", (root() + "/proc").c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) return errno_error("cannot mount /proc of a container");
    return success();
}

Result<Fd> ContainerPlace::entrance() const {
    Fd entrance(::open((cgroup_ + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    if (!entrance) return errno_error("cannot open " + cgroup_);
    return entrance;
}

}  // namespace quell::cli
