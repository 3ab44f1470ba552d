// SPDX-License-Identifier: Apache-2.0
// Which of the incidents that wait are meant: --select 'rule=…,older=…'.
// Plain values; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "user/base/result.h"
#include "user/control/json.h"

namespace quell::cli {

using control::Json;

// A key that is not given lets everything pass. Texts are patterns with * and ?.
struct Selection {
    std::string rule, image, pod_namespace, severity;
    std::uint64_t older_ns = 0;

    // `incident` as a list has it; one that does not wait is never meant.
    [[nodiscard]] bool fits(const Json& incident) const;
};

// Error: EINVAL, what is wrong with it, escaped. At least one key, none twice.
[[nodiscard]] Result<Selection> parse_selection(std::string_view text);

struct Chosen {
    std::string id, digest;
};
// One digest over those of all: in any order the same.
[[nodiscard]] std::string digest_of_all(std::string_view response, std::vector<Chosen> chosen);

}  // namespace quell::cli
