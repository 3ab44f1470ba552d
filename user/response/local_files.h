// SPDX-License-Identifier: Apache-2.0
// What of a container may be walked to and opened: regular files on file
// systems of the kernel's own. A server of FUSE, or one on the network, may
// never answer, and a device does something when it is opened. Thread-safe.
#pragma once

#include <functional>
#include <string_view>

#include "user/base/fd.h"
#include "user/incident/mounts.h"

namespace quell::response {

// Nothing that is mounted on the way to the path, as the table's task sees it, is another's. It is absolute, and links on it are not followed.
// `is_fine`: what else has to be so of each of these mounts.
[[nodiscard]] bool is_local(const MountTable& mounts, std::string_view path, const std::function<bool(const Mount&)>& is_fine = {});
// The same of what is open, O_PATH is enough: somebody may have mounted something in between.
[[nodiscard]] bool is_on_local(int file);

// For reading, of what was opened as a path: nothing else can have taken its place. Closed, with errno: EINVAL where it is no
// regular file, which is not opened; EAGAIN where somebody has a lease of it.
[[nodiscard]] Fd reopen_regular(int path_fd);

}  // namespace quell::response
