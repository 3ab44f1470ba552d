// SPDX-License-Identifier: Apache-2.0
// A small tree of files, random policies about it, and random operations on it: what the reference matcher says of each, and
// what doer.c is told to do.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "policy/reference/match.h"

namespace quell::guest {

inline constexpr const char* kWorld = "/srv/d";

// Who does it, and where.
struct Doer {
    std::uint32_t subject;      // QUELL_SUBJECT_…
    std::string exe;            // its path there
    std::uint32_t filesystem;   // number of the tree's file system
};

struct Deed {
    std::string line;                         // for the doer
    std::vector<policy::reference::Act> acts;  // what the kernel asks for, one after the other
};

// Shell commands that make the tree below `root`.
[[nodiscard]] std::string world_commands(const std::string& root);

// A policy file. Each rule denies, and none is about user 0, by whom everything is put back.
[[nodiscard]] std::string random_policy_text(std::mt19937& random);

[[nodiscard]] Deed random_deed(std::mt19937& random, const Doer& doer);

}  // namespace quell::guest
