// SPDX-License-Identifier: Apache-2.0
// What evidence may take of a host: section `evidence` of quell.yaml.
#pragma once

#include <cstdint>
#include <string>

namespace quell::evidence {

struct Limits {
    std::string dir = "/var/lib/quell/evidence";
    std::uint64_t max_item_bytes = 10'737'418'240;   // 10 GiB of data; holes are none
    std::uint64_t max_total_bytes = 21'474'836'480;  // 20 GiB, all items
    std::uint64_t max_seconds = 60;                  // for one item
};

}  // namespace quell::evidence
