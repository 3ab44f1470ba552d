// SPDX-License-Identifier: Apache-2.0
// What history.cpp, verify.cpp and retention.cpp share. Internal to
// user/history.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "user/history/history.h"
#include "user/history/sqlite.h"

namespace quell::history {

struct History::File {
    std::string path;
    Database database;
    dev_t device = 0;
    ino_t inode = 0;

    [[nodiscard]] Result<Head> head();
    // Within a transaction of the caller's; `head` moves along.
    [[nodiscard]] Status insert(Entry& entry, Head& head);
};

// The content of a checkpoint row's detail.
struct Checkpoint {
    std::uint64_t removed_to = 0;  // last row removed
    std::string removed_hash;
    std::map<std::uint64_t, std::string> incidents;    // content hashes whose row is gone
    std::map<std::uint64_t, std::string> generations;
};
[[nodiscard]] std::string checkpoint_text(const Checkpoint& checkpoint);
[[nodiscard]] std::optional<Checkpoint> parse_checkpoint(const std::string& text);

// The newest checkpoint that is in the file, nothing if there is none;
// EUCLEAN where it cannot be read.
[[nodiscard]] Result<std::optional<Checkpoint>> newest_checkpoint(Database& database);

}  // namespace quell::history
