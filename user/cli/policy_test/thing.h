// SPDX-License-Identifier: Apache-2.0
// What lies in the file system for a scenario, and how it is made. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "user/base/fd.h"
#include "user/base/result.h"

namespace quell::cli {

struct Thing {
    std::string path;
    std::uint32_t type = 8;  // S_IFMT's bits >> 12: a regular file
    std::uint32_t mode = 0;
    std::uint32_t owner = 0, group = 0;
    bool is_program = false;  // holds the actor
    bool is_intact = true;    // of an image's lower layer
    bool may_be_there = false;  // a directory that is there already will do
};

// Makes it below `root`, "" for the host's. Its directory is there, and it is not.
[[nodiscard]] Status make_thing(const std::string& root, const Thing& thing, const std::string& program);

// Makes the directories above, as far as they lack; appends those that were made to `made`.
[[nodiscard]] Status make_directories(const std::string& path, std::vector<std::string>* made);

// A socket that listens at the path, which is new.
[[nodiscard]] Result<Fd> listen_at(const std::string& path, const Thing& thing);

}  // namespace quell::cli
