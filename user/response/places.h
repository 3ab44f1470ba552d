// SPDX-License-Identifier: Apache-2.0
// Places: what deny-write is about, from the paths that an operator writes to
// what lasts of the directories and files there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kern/abi.h"
#include "user/base/result.h"
#include "user/bpf/engine.h"
#include "user/response/root.h"

namespace quell::response {

inline constexpr std::size_t kPlacePathMax = 4096;

struct FoundPlaces {
    quell_places places{};
    std::string text;  // "/var/log, /srv with what is mounted at /srv/data", as the container has them; escaped
    std::vector<std::string> paths;  // of those that were named, their links followed; raw bytes
};

// What is mounted below a directory counts with it, or it is the directory alone.
enum class Mounted { kToo, kNot };

// What is wrong with such a list, "" nothing: too many, none, relative, too long.
[[nodiscard]] std::string misnamed_places(const std::vector<std::string>& paths);

// Within the container's root as its first process has it; links are followed in there only. With each directory also what is
// mounted below it. ESRCH: the container or the path is not there; EOPNOTSUPP: it cannot be told from others by what lasts;
// E2BIG: more than QUELL_PLACES_MAX. Waits for the container's file systems: on a worker.
[[nodiscard]] Result<FoundPlaces> find_places(bpf::Engine& engine, std::uint64_t container, const std::vector<std::string>& paths);
// The same within a root that is open, and by real paths: who finds a link on the way finds nothing.
[[nodiscard]] Result<FoundPlaces> find_places(bpf::Engine& engine, std::uint64_t container, const Root& root, const std::vector<std::string>& paths, Mounted mounted);

// Those that are not among them yet, as far as there is room; how many had none.
quell_u32 add_places(quell_places& places, const quell_places& more);

}  // namespace quell::response
