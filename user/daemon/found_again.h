// SPDX-License-Identifier: Apache-2.0
// FoundAgain: what a containment that follows its workload is about, in a
// container that came back: the directories and files that lie at its paths
// there. Waits for the container's file systems: for a worker's thread.
// Thread-safe.
#pragma once

#include <string>

#include "user/daemon/manual.h"
#include "user/incident/followed.h"
#include "user/response/root.h"

namespace quell::daemon {

struct FoundAgain {
    ManualFound found;      // of deny-exec with its object
    quell_places places{};  // of deny-write
    std::string below;      // these for people, escaped, as the next
    std::string text;       // what is to be told of it, "": nothing
};

// In the root that the container has or, where a hook tells of it, will have; who has put a link into the way leads nowhere.
// ESRCH: a path is not there, or the container is gone; others as of find_places() and bind_file(). All of it is found, or nothing.
[[nodiscard]] Result<FoundAgain> find_again(bpf::Engine& engine, const ManualFound& found, const response::Starting& starting, const incident::Followed& followed);

// The real path of that file in the container, also where it was copied up since. ESRCH: the path that is given leads to another one.
[[nodiscard]] Result<std::string> real_path(bpf::Engine& engine, std::uint64_t container, const std::string& path, const quell_file_key& file);

}  // namespace quell::daemon
