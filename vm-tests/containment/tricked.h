// SPDX-License-Identifier: Apache-2.0
// What the tests of kills share: a container whose processes play tricks
// (tricks.c), and who of them lives.
#pragma once

#include <string>
#include <vector>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {

inline constexpr const char* kElsewhere = "/sys/fs/cgroup/elsewhere";  // no container's

// Its init forks nothing and leaves no zombies.
[[nodiscard]] ContainerOptions tricked_options();
// Puts the program in, and starts it.
void start_tricked(Container& container);

struct Trickster {
    int pid = 0, parent = 0;
    char state = 0;
};
// Who plays a trick and can still do something: a zombie with one thread cannot. As the host numbers them.
[[nodiscard]] std::vector<Trickster> tricksters();
[[nodiscard]] std::string told(const std::vector<Trickster>& all);

void move_to(const std::string& cgroup, const Trickster& one);
// Makes it, where it is not there.
void make_cgroup(const std::string& cgroup);
// Returns when the kernel says so.
void freeze(const std::string& cgroup);

// Whoever is left of a test that failed, and what it made.
void end_tricks();

}  // namespace quell::guest
