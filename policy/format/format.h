// SPDX-License-Identifier: Apache-2.0
// A policy file in its canonical form. What comes out is proven to mean the
// same: equal digest, equal values down to the descriptions, and every
// comment once and in order; else nothing comes out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/finding.h"
#include "user/base/result.h"

namespace quell::policy {

struct Formatted {
    std::vector<Finding> findings;    // errors: the file is no policy, and not formatted
    std::optional<std::string> text;  // nothing after an error
    Error refusal;                    // a policy, but none that can be formatted: why
};

// Formatting the result again changes nothing. Thread-safe.
[[nodiscard]] Formatted format(const Source& source);

}  // namespace quell::policy
