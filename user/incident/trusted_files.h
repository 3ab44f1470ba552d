// SPDX-License-Identifier: Apache-2.0
// TrustedFiles: reads files that only root could have put where they are. A
// container's name must not be what a user made it: every directory on the
// way and the file itself belong to root and are writable by nobody else.
// Thread-safe: const, and it holds a descriptor only.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "user/base/fd.h"
#include "user/base/result.h"

namespace quell {

class TrustedFiles {
public:
    // `root` stands for "/" in every path, in tests a directory of fixtures;
    // `owner`: whose files are believed, root's unless a test says otherwise.
    [[nodiscard]] static Result<TrustedFiles> open(const std::string& root = "/", uid_t owner = 0);

    // Absolute path. A symbolic link is followed where root made it in such a
    // directory (a storage moved to another disk), at most 8 of them, without
    // "..". Errors: EPERM for what others could have written, EFBIG, ELOOP, those
    // of openat(2).
    [[nodiscard]] Result<std::string> read(const std::string& path, std::size_t max_bytes) const;

    // Names in a directory, without dots in front, at most `max`, no order.
    [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path, std::size_t max) const;

private:
    TrustedFiles(Fd root, uid_t owner) : root_(std::move(root)), owner_(owner) {}
    [[nodiscard]] Result<Fd> walk(const std::string& path, int flags) const;

    Fd root_;
    uid_t owner_;
};

}  // namespace quell
