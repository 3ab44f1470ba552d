// SPDX-License-Identifier: Apache-2.0
// What a match in doubt hangs on: conditions on what its container is called,
// which were not known when it matched. The kernel side notes which they were
// (quell_pending.doubts); all others were found to hold or not then.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "policy/image.h"

namespace quell::policy {

struct Doubt {
    struct Literal {
        Identity identity;
        bool negated = false;
    };
    // Of one group of conditions: all of them must hold; of an exception, not all.
    struct Group {
        bool is_exception = false;
        std::vector<Literal> literals;
    };
    std::vector<Group> groups;
};

using DoubtMask = std::array<std::uint64_t, 2>;

// Nothing where the rule is not in the image, or has no such conditions. `rule`: quell_rule.id.
[[nodiscard]] std::optional<Doubt> doubt_of(const Image& image, std::uint64_t rule, const DoubtMask& mask);

// Whether the match holds, by what is known now.
[[nodiscard]] Truth judge(const Doubt& doubt, const ContainerNames& names);

}  // namespace quell::policy
