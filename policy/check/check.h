// SPDX-License-Identifier: Apache-2.0
// Policy files -> checked form.
#pragma once

#include <span>

#include "policy/check/checked.h"
#include "policy/finding.h"

namespace quell::policy {

// Whose rules Quell adds by itself: no file may have a policy of this name.
inline constexpr const char* kBuiltinPolicy = "quell";

struct Options {
    // No rule at all is accepted: nothing but the built-in canary is loaded.
    bool allow_empty = false;
    // Some files of a set: what they override may stand in others. For nothing that is loaded.
    bool is_part = false;
};

// Reads and checks all files. What it returns is whole only if `findings`
// has no errors afterwards. Thread-safe.
[[nodiscard]] Checked check(std::span<const SourceText> sources, const Options& options, Findings& findings);

}  // namespace quell::policy
