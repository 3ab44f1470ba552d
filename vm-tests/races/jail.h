// SPDX-License-Identifier: Apache-2.0
// Jail: a container without a runtime, for races that need many of them, or
// one whose processes are moved about: a cgroup named as CRI-O names it, an
// overlay as root, the racer as its first process.
#pragma once

#include <sys/types.h>

#include <functional>
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
    // What is mounted in it: called in each process that enters it, in a namespace of its own, in what becomes its root.
    using Mounts = std::function<bool()>;

    explicit Jail(std::string name, Mounts mounts = [] { return true; });
    ~Jail();
    Jail(const Jail&) = delete;
    Jail& operator=(const Jail&) = delete;

    // Runs the racer inside; in a cgroup below the container's own, if there is one to be in.
    [[nodiscard]] Child start(const std::vector<std::string>& words, const std::string& below = "") const;
    [[nodiscard]] Json run(const std::vector<std::string>& words) const { return start(words).result(); }
    [[nodiscard]] std::string procs() const { return cgroup_ + "/cgroup.procs"; }
    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] const std::string& cgroup() const { return cgroup_; }
    [[nodiscard]] std::string upper() const { return directory_ + "/upper"; }  // of its root, on the host

private:
    std::string name_, directory_, id_, cgroup_;
    Mounts mounts_;
    pid_t init_ = 0;
};

// Is the incident one of this container?
[[nodiscard]] bool is_of(const Json& incident, const Jail& jail);
// The racer's answer: what was asked of it worked, and so often a rule matched.
void expect_matched(const Json& result, int matched, const std::string& what);
// An incident of this container, counted and in the history.
void expect_told_of(const Jail& jail, std::int64_t matches_before);

// The racer on the host.
[[nodiscard]] Child start_racer(const std::vector<std::string>& words);
[[nodiscard]] inline Json race(const std::vector<std::string>& words) { return start_racer(words).result(); }

[[nodiscard]] bool bind_to(const std::string& from, const std::string& to);
// A mount of a Jail's own: `to` is made, too.
[[nodiscard]] bool bind_in(const std::string& from, const std::string& to);

inline const std::vector<std::string> kFlood = {"pending-full", "pending-subject", "ring-dropped"};

// Counters that are 0 whatever happens have not grown since the last call, `but` for those of what the test did on purpose.
void expect_nothing_lost(const std::vector<std::string>& but = {});
// A warning of the status says so.
void expect_loud(const std::string& text);

}  // namespace quell::guest
