// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/canary.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "user/base/fd.h"

namespace quell::daemon {

Canary try_canary(const std::string& path) {
    {
        Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file) return Canary::kUnknown;
    }
    if (::unlink(path.c_str()) == 0) {
        Fd again(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        return Canary::kNotDenied;
    }
    return errno == EPERM ? Canary::kDenied : Canary::kUnknown;
}

}  // namespace quell::daemon
