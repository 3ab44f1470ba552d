// SPDX-License-Identifier: Apache-2.0
// Copying a file's content with its holes, and its SHA-256, in memory that
// does not grow with it. Where the file system can share blocks, they are
// shared (FICLONE) and the hash is of the copy, which nobody changes;
// elsewhere what is read is hashed and written in one pass, for which
// copy_file_range would need a second. Thread-safe.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "user/base/result.h"
#include "user/evidence/store.h"

namespace quell::evidence {

struct Copied {
    std::uint64_t size = 0;    // up to which it was copied
    std::uint64_t data = 0;    // of these, bytes that are no hole
    std::string sha256;        // over `size` bytes, holes as zeros
    bool is_cloned = false;
    bool has_changed = false;  // while it was read
    std::string cut;           // why it ends before the file does, "" where it does not
};

// `to`: new and empty. `deadline_ns`: boot time. More data than the room has, or the deadline: cut. ENOSPC: the disk is full,
// or down to the room's reserve; EIO and others of read(2).
[[nodiscard]] Result<Copied> copy_content(int from, int to, const Room& room, std::uint64_t deadline_ns);

// Where two looks at one file differ in what a write changes.
[[nodiscard]] bool differs(const struct stat& before, const struct stat& after);

}  // namespace quell::evidence
