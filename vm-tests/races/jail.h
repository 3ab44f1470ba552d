// SPDX-License-Identifier: Apache-2.0
// Jail: a container without a runtime, for races that need many of them, or
// one whose processes are moved about: a cgroup named as CRI-O names it, an
// overlay as root, the racer as its first process.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "vm-tests/harness/guest.h"

namespace quell::guest {

// A child process and what it prints.
class Child {
public:
    Child(pid_t pid, int output) : pid_(pid), output_(output) {}
    [[nodiscard]] pid_t pid() const { return pid_; }
    // Waits for its end; its JSON.
    [[nodiscard]] Json result();

private:
    pid_t pid_;
    int output_;
};

class Jail {
public:
    explicit Jail(std::string name);
    ~Jail();
    Jail(const Jail&) = delete;
    Jail& operator=(const Jail&) = delete;

    // Runs the racer inside.
    [[nodiscard]] Child start(const std::vector<std::string>& words) const;
    [[nodiscard]] Json run(const std::vector<std::string>& words) const { return start(words).result(); }
    [[nodiscard]] std::string procs() const { return cgroup_ + "/cgroup.procs"; }
    [[nodiscard]] const std::string& id() const { return id_; }

private:
    std::string name_, directory_, id_, cgroup_;
    pid_t init_ = 0;
};

// The racer on the host.
[[nodiscard]] Child start_racer(const std::vector<std::string>& words);
[[nodiscard]] inline Json race(const std::vector<std::string>& words) { return start_racer(words).result(); }

// Nothing was lost: counters that are 0 whatever happens. `floods`: but for those of a flood.
void expect_nothing_lost(bool floods = false);

}  // namespace quell::guest
