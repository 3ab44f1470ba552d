// SPDX-License-Identifier: Apache-2.0
#include "user/control/listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace quell::control {

namespace {

constexpr int kBacklog = 64;

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) return errno_error("socket path '" + path + "'", ENAMETOOLONG);
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

const sockaddr* plain(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

Status remove_stale(const std::string& path, const sockaddr_un& address) {
    struct stat found{};
    if (lstat(path.c_str(), &found) != 0) return errno == ENOENT ? success() : errno_error(path);
    if (!S_ISSOCK(found.st_mode)) return Error{path + " is there and not a socket", EEXIST, "remove it, or set another socket path"};
    const Fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!probe) return errno_error("socket");
    // EAGAIN: its backlog is full, so somebody listens.
    if (connect(probe.get(), plain(address), sizeof address) == 0 || errno == EAGAIN)
        return Error{"another daemon answers on " + path, EADDRINUSE, "stop it first"};
    if (errno != ECONNREFUSED) return errno_error("cannot tell who uses " + path);
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return errno_error("cannot remove " + path);
    return success();
}

}  // namespace

Result<Listener> Listener::create(const std::string& path, mode_t mode, std::optional<gid_t> group) {
    const auto address = address_of(path);
    if (!address) return address.error();
    const std::string directory = path.substr(0, path.rfind('/'));
    if (!directory.empty() && mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) return errno_error("cannot make " + directory);
    if (auto removed = remove_stale(path, *address); !removed) return removed.error();

    Listener listener;
    listener.fd_ = Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!listener.fd_) return errno_error("socket");
    // bind(2) gives the file the mode of the socket's own inode: owner only,
    // whatever the umask is, until its group is set.
    if (fchmod(listener.fd_.get(), 0600) != 0) return errno_error("fchmod");
    if (bind(listener.fd_.get(), plain(*address), sizeof *address) != 0) return errno_error("cannot bind " + path);
    struct stat made{};
    if (lstat(path.c_str(), &made) != 0) return errno_error(path);
    listener.path_ = path;
    listener.device_ = made.st_dev;
    listener.inode_ = made.st_ino;
    if (group && lchown(path.c_str(), static_cast<uid_t>(-1), *group) != 0) return errno_error("cannot set the group of " + path);
    if (chmod(path.c_str(), mode) != 0) return errno_error("cannot set the mode of " + path);
    if (listen(listener.fd_.get(), kBacklog) != 0) return errno_error("cannot listen on " + path);
    return listener;
}

Listener::~Listener() {
    struct stat found{};
    if (fd_ && lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_) unlink(path_.c_str());
}

}  // namespace quell::control
