// SPDX-License-Identifier: Apache-2.0
// Listener: the control socket's place in the file system. One owner, one
// thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "user/base/fd.h"
#include "user/base/result.h"

namespace quell::control {

class Listener {
public:
    // Makes the directory (0755) where it is missing, and the socket with its
    // final owner and mode: there is no moment at which it is open wider.
    // What already lies at `path` is removed only when it is a socket that
    // nobody answers on. Errors: EADDRINUSE (somebody answers), EEXIST (not a
    // socket), ENAMETOOLONG, those of bind(2).
    [[nodiscard]] static Result<Listener> create(const std::string& path, mode_t mode, std::optional<gid_t> group);

    Listener(Listener&&) = default;
    Listener& operator=(Listener&&) = default;
    ~Listener();  // removes the socket if it is still this one

    [[nodiscard]] int fd() const { return fd_.get(); }

private:
    Listener() = default;

    Fd fd_;
    std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace quell::control
