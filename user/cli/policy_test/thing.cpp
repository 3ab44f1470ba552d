// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_test/thing.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "user/base/files.h"

namespace quell::cli {

namespace {

Status write_file(const std::string& path, const std::string& text) {
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return errno_error("cannot make " + path);
    return write_all(file.get(), text);
}

int make_node(const std::string& path, mode_t type) {
    if (S_ISDIR(type)) return ::mkdir(path.c_str(), 0700);
    if (S_ISLNK(type)) return ::symlink(".", path.c_str());
    // what every host has: /dev/null, and the first loop device
    const dev_t device = S_ISCHR(type) ? makedev(1, 3) : S_ISBLK(type) ? makedev(7, 0) : 0;
    return ::mknod(path.c_str(), type | 0600, device);
}

// Ids first: a change of owner takes setuid away.
Status set_owner_and_mode(const std::string& path, const Thing& thing) {
    const bool is_link = S_ISLNK(thing.type << 12);
    if (::lchown(path.c_str(), thing.owner, thing.group) != 0 || (!is_link && ::chmod(path.c_str(), thing.mode & 07777) != 0))
        return errno_error("cannot set mode and owner of " + path);
    return success();
}

}  // namespace

Status make_thing(const std::string& root, const Thing& thing, const std::string& program) {
    const std::string path = root + thing.path;
    const mode_t type = thing.type << 12;
    if (S_ISREG(type)) {
        if (auto written = write_file(path, thing.is_program ? program : "quell\n"); !written) return written;
    } else if (make_node(path, type) != 0) {
        return errno_error("cannot make " + path);
    }
    return set_owner_and_mode(path, thing);
}

Status make_directories(const std::string& path, std::vector<std::string>* made) {
    for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        const std::string directory = path.substr(0, slash);
        if (::mkdir(directory.c_str(), 0755) == 0) {
            if (made != nullptr) made->push_back(directory);
        } else if (errno != EEXIST) {
            return errno_error("cannot make " + directory);
        }
    }
    return success();
}

Result<Fd> listen_at(const std::string& path, const Thing& thing) {
    const std::size_t slash = path.rfind('/');
    const Fd directory(::open(path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // by its directory's descriptor: the whole path may be too long for an address
    const std::string near = "/proc/self/fd/" + std::to_string(directory.get()) + path.substr(slash);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (near.size() >= sizeof address.sun_path) return Error{"the name is too long for a socket", ENAMETOOLONG, {}};
    std::memcpy(address.sun_path, near.c_str(), near.size());
    if (!directory || !listener || ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(listener.get(), 8) != 0)
        return errno_error("cannot listen at " + path);
    if (auto set = set_owner_and_mode(path, thing); !set) return set.error();
    return listener;
}

}  // namespace quell::cli
