// SPDX-License-Identifier: Apache-2.0
// Whole files in and out, and names of users and groups. Thread-safe.
#pragma once

#include <fcntl.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "user/base/fd.h"
#include "user/base/result.h"

namespace quell {

// Up to `max_bytes`. EFBIG where the file is longer (never a cut text), the
// errno of open(2) or read(2) otherwise. Only regular files, also those of
// procfs and sysfs: a FIFO or a device put in the way is EINVAL, never waited for.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t max_bytes);
// `flags`: added for openat(2), such as O_NOFOLLOW.
[[nodiscard]] Result<std::string> read_file_at(int dir, const std::string& path, std::size_t max_bytes, int flags = 0);
[[nodiscard]] Result<std::string> read_all(int fd, std::size_t max_bytes);

// Replaces the file as a whole: whoever reads it sees the old text or the
// new one, also after a power cut. The temporary file lies beside it.
[[nodiscard]] Status write_file_atomic(const std::string& path, std::string_view data, mode_t mode);

// The same for a file that exists, which keeps its mode and owner; of a
// symbolic link, the file it leads to. `expected` is what the file held when
// its new text was made: EBUSY where it holds something else now. EMLINK where
// it has other names, which would keep the old text; EPERM where the owner
// cannot be kept.
[[nodiscard]] Status replace_file(const std::string& path, std::string_view expected, std::string_view data);

// All of `data`, also after short writes and EINTR.
[[nodiscard]] Status write_all(int fd, std::string_view data);

// "unknown" where the system knows no such user. May block on the network
// where nsswitch.conf says so: not for the event loop's hot paths.
[[nodiscard]] std::string user_name(uid_t uid);
[[nodiscard]] std::string group_name(gid_t gid);
[[nodiscard]] std::optional<uid_t> user_id(const std::string& name);
[[nodiscard]] std::optional<gid_t> group_id(const std::string& name);

}  // namespace quell
