// SPDX-License-Identifier: Apache-2.0
// Finding the object of an incident again, by whatever still leads to it: its
// path in the container's root, a descriptor that a process of the container
// has of it, or its number in the file system that has it. None of them is
// believed: `is_object` compares what a descriptor names with what the kernel
// side bound at the event. Nothing is opened that is no regular file.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <vector>

#include "user/base/fd.h"
#include "user/evidence/order.h"

namespace quell::evidence {

// Is the descriptor of the object? Asked of O_PATH descriptors.
using IsObject = std::function<Result<bool>(int fd)>;

struct Found {
    Fd fd;               // for reading
    std::string how;     // "its path", …
    std::string host_path;  // as the host's kernel names it; raw bytes
};

// ENOENT: nothing leads to it any more; EINVAL: something else lies at its path, which the message names.
[[nodiscard]] Result<Found> find_object(const Order& order, const IsObject& is_object);

// "FIFO", "block device", …; "regular file".
[[nodiscard]] const char* type_word(mode_t mode);
// Of an O_PATH descriptor. EINVAL: it is no regular file, and was not opened; EAGAIN: somebody holds a lease of it until the deadline.
[[nodiscard]] Result<Fd> open_regular(int path_fd, std::uint64_t deadline_ns);
// Below a root directory, whose links lead nowhere else; not opened.
[[nodiscard]] Result<Fd> look_in_root(int root, const std::string& path);

}  // namespace quell::evidence
