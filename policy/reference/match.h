// SPDX-License-Identifier: Apache-2.0
// The meaning of a policy, said as plainly as it can be: rules are walked one
// by one, paths are compared as strings. Slow, and independent of the
// compiler; the image and the kernel are tested against it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "policy/check/checked.h"
#include "policy/identity/named.h"

namespace quell::policy::reference {

// Of a process, as its path says; "" if it has none in the subject's view.
struct Executable {
    std::string path;
    bool is_intact = false;  // the host's own, or of an image's lower layer
};

// One operation of one process, with paths as the kernel gives them.
struct Act {
    std::uint32_t operation = 0;  // QUELL_OP_…
    std::uint32_t subject = 0;    // QUELL_SUBJECT_HOST or QUELL_SUBJECT_CONTAINER
    std::string path;             // of the object; "/" only for places; "" where it has none
    std::vector<Executable> executables;  // of the process, its parent, …; at most nine count
    std::array<std::uint32_t, QUELL_FIELD_COUNT> numbers{};  // by field: what a condition on a number is about
    std::string target = {};                 // the executable of the process that is acted on; "" if it has no path
    std::optional<Network> address = {};     // of a socket: one address
    std::uint64_t capabilities = 0;          // those that are effective
    ContainerNames names = {};               // what is known of its container; of the host nothing is asked
    std::vector<std::string> arguments = {};    // argv of what is executed
    std::vector<std::string> environment = {};  // names of its variables
    std::string link_target = {};               // of a symbolic link: its text
    std::string mount_source = {};              // the kernel's name of what is mounted
    std::string cgroup = {};                    // its path; "": the root
};

// A rule that fires. Unless it is sure, that hangs on what is not known of the
// container yet: it is told, and nothing is refused or done for it.
struct Fired {
    const Rule* rule = nullptr;
    bool is_sure = true;

    bool operator==(const Fired&) const = default;
};

// In the order given. Thread-safe.
[[nodiscard]] std::vector<Fired> judge(const std::vector<Rule>& rules, const Act& act);

// The rules that fire, sure or not, in the order given. Thread-safe.
[[nodiscard]] std::vector<const Rule*> matches(const std::vector<Rule>& rules, const Act& act);

// `/x/**` matches /x/a and /x/a/b, not /x; `/x/*` matches /x/a only; `**` in the middle no directory, or any number.
[[nodiscard]] bool path_matches(const Pattern& pattern, const std::string& path);

// Whether what the pattern watches lies below `path`, or is all that is in it. With wildcards, the directory before the
// first of them is what lies there: else every directory would be above some object.
[[nodiscard]] bool lies_below(const Pattern& pattern, const std::string& path);

}  // namespace quell::policy::reference
