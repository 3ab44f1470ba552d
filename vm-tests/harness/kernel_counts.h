// SPDX-License-Identifier: Apache-2.0
// What the kernel side has counted, from its own map: it takes no daemon, and
// no time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "kern/abi.h"

namespace quell::guest {

struct KernelCounts {
    std::uint64_t load = 0;  // the key of the names' hashes: another one when all was loaded anew
    std::array<std::uint64_t, QUELL_COUNTER_COUNT> counters{};
    std::array<std::uint64_t, QUELL_HOOK_COUNT> denied{}, matched{};
};

// Nothing while nothing is loaded.
[[nodiscard]] std::optional<KernelCounts> kernel_counts();

struct CounterRow {
    std::string name;  // as in `quell status`
    bool loud;
};
[[nodiscard]] const std::array<CounterRow, QUELL_COUNTER_COUNT>& counter_rows();
// Its position; nothing if there is none of that name.
[[nodiscard]] std::optional<std::size_t> counter_index(const std::string& name);

}  // namespace quell::guest
