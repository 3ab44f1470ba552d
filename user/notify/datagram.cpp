// SPDX-License-Identifier: Apache-2.0
#include "user/notify/datagram.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>

#include "user/base/fd.h"

namespace quell::notify {

Status send_datagram(const std::string& address, std::string_view data) {
    sockaddr_un target{};
    target.sun_family = AF_UNIX;
    const bool abstract = !address.empty() && address[0] == '@';
    if (address.size() < 2 || (!abstract && address[0] != '/') || address.size() >= sizeof target.sun_path)
        return Error{"no address of a Unix socket", EINVAL, {}};
    address.copy(target.sun_path, address.size());
    if (abstract) target.sun_path[0] = '\0';
    // An abstract name has no end of its own: its length is the address's.
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size() + (abstract ? 0 : 1));

    const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd) return errno_error("cannot make a socket");
    const ssize_t sent = ::sendto(fd.get(), data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                  reinterpret_cast<const sockaddr*>(&target), size);
    if (sent < 0) return errno_error("cannot send to " + address);
    return success();
}

}  // namespace quell::notify
