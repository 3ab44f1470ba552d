// SPDX-License-Identifier: Apache-2.0
// What a host must have to run Quell, one check each. They read files below a
// root that tests replace; nothing is changed. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "user/control/json.h"

namespace quell::cli {

enum class Health { Good, Bad, Unknown };

struct Check {
    std::string name;
    Health health = Health::Unknown;
    std::string found;   // safe text
    std::string remedy;  // what to do, "" when good
    bool is_one_of_many = false;  // when good, told of only where all is asked for
};

// Where to look: "" for this host.
struct Host {
    std::string root;
    std::string release;  // uname -r
};

[[nodiscard]] Host this_host();

[[nodiscard]] Check check_kernel(const Host& host);
[[nodiscard]] Check check_btf(const Host& host);
[[nodiscard]] Check check_lsm(const Host& host);
[[nodiscard]] Check check_cgroups(const Host& host);
[[nodiscard]] Check check_bpffs(const Host& host);
[[nodiscard]] Check check_ftrace(const Host& host);
[[nodiscard]] Check check_config(const Host& host);
[[nodiscard]] Check check_preemption(const Host& host);

// Of a reply to Status: what came of the daemon's last try to remove a file
// that it has to be denied, and how long ago that was.
[[nodiscard]] Check canary_from(const control::Json& status, std::int64_t now_wall_ns);

// Of `quelld --check-kernel --json`, run as root: one for each program, then
// one for all where all load.
[[nodiscard]] std::vector<Check> check_programs();
[[nodiscard]] std::vector<Check> programs_from(std::string_view output, int status);

}  // namespace quell::cli
