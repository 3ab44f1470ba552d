// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/canary.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "user/base/fd.h"

namespace quell::daemon {
namespace {

bool make(const std::string& path) { return static_cast<bool>(Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600))); }

}  // namespace

Canary try_canary(const volatile quell_u64& denied, const std::string& path) {
    for (bool is_made = false;; is_made = true) {
        const quell_u64 before = denied;
        if (::unlink(path.c_str()) == 0) {
            (void)make(path);
            return Canary::kNotDenied;
        }
        if (errno == ENOENT && !is_made && make(path)) continue;
        return errno == EPERM && denied != before ? Canary::kDenied : Canary::kUnknown;
    }
}

}  // namespace quell::daemon
