// SPDX-License-Identifier: Apache-2.0
// VitalFiles: what PID 1 and Quell execute, which nobody may be denied. By device and number, as they are seen from here.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "kern/abi.h"

namespace quell::response {

class VitalFiles {
public:
    // A look walks a path for each, some 10,000 instructions. One this old is looked at again before it is asked.
    static constexpr std::uint64_t kFreshNs = 2'000'000'000;

    // The entry's file is one of them.
    [[nodiscard]] bool has(const quell_pending& entry);
    // Looks again when it will not be fresh a second from now: an approval then need not.
    void refresh();

private:
    struct File {
        std::uint64_t inode = 0;
        std::uint32_t device = 0;  // as the kernel packs it
    };
    void look();

    std::vector<File> files_;
    std::uint64_t looked_ns_ = 0;
};

}  // namespace quell::response
