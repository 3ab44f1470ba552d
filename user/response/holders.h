// SPDX-License-Identifier: Apache-2.0
// Holders: who has a file open or mapped. A hook refuses what is done through
// a descriptor, and nothing that is done in a map which is there already.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "user/bpf/engine.h"

namespace quell::response {

inline constexpr std::uint64_t kHoldersLimitNs = 300'000'000;  // of one look: a host may have a million maps

struct Holder {
    quell_task_ref task{};
    quell_u32 how = 0;       // QUELL_HOLDS_…
    bool is_inside = false;  // of the container that was asked about
};

struct Holders {
    std::vector<Holder> list;  // each process once, those that map it first
    bool is_whole = true;      // false: the time was over
};

// Each process's descriptors and maps told, put together; `inside`: processes of the container.
[[nodiscard]] Holders put_together(const std::vector<quell_holder>& told, const std::vector<quell_task_ref>& inside);

// "maps it writable, has it open; outside the container"; `container`: whether there is one.
[[nodiscard]] std::string holder_text(const Holder& holder, bool container);

// Walks all processes. `inode`: as its process saw it; `container`: 0 for none, and nobody is inside. Thread-safe.
[[nodiscard]] Result<Holders> holders_of(bpf::Engine& engine, const quell_file_key& file, std::uint64_t inode, std::uint64_t container);

}  // namespace quell::response
