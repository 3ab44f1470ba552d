// SPDX-License-Identifier: Apache-2.0
// What `attack everyway all /var/log` must give at a place: of each operation
// by each way its errno, in the kernel as many matches as it has, and one
// incident of each operation with exactly their number.
#pragma once

#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "vm-tests/harness/guest.h"

namespace quell::guest {

struct Place {
    const char* name;
    std::vector<Json> mounts = {};  // of the container
    bool user_namespace = false;
    const char* prepare = "true";  // on the host
    bool mounted = false;          // /var/log is a mount of its own
};

[[nodiscard]] Json bind_mount(const std::string& from, const std::string& to);
[[nodiscard]] Json tmpfs_mount(const std::string& to);

inline void PrintTo(const Place& place, std::ostream* out) { *out << place.name; }

struct Operation {
    std::string_view name;  // the attack program's
    const char* word;       // the incident's
    const char* path;       // of what the first one, that by no detour, was done to
    int matches = 1;        // of one operation
    bool by_ring = true;    // io_uring has it
};

[[nodiscard]] const Operation& operation_named(const std::string& name);
[[nodiscard]] int ways_of(const Operation& operation);

// What `attack everyway` has printed: "OPERATION WAY" -> errno.
[[nodiscard]] std::map<std::string, int> results_of(const std::string& text);

// Runs it by `run_it` (which returns its output) and holds all of it against what must be; `subject`: a container's name, or "host".
void expect_every_way_seen(const Place& place, const std::string& subject, const std::function<Output()>& run_it);

}  // namespace quell::guest
