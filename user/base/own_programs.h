// SPDX-License-Identifier: Apache-2.0
// Quell's programs, where packages install them: nobody may be denied them. What policies may not name is in policy/check/guard.cpp.
#pragma once

#include <array>

namespace quell {

inline constexpr std::array kOwnPrograms = {
    "/usr/bin/quell", "/usr/sbin/quelld", "/usr/sbin/quell-notifier", "/usr/libexec/quell/quell-evidence", "/usr/libexec/quell/quell-oci-hook",
};

}  // namespace quell
