// SPDX-License-Identifier: Apache-2.0
// Checked form -> map image.
#pragma once

#include <span>

#include "policy/check/checked.h"
#include "policy/finding.h"
#include "policy/image.h"

namespace quell::policy {

// The rule whose denial proves that Quell's hooks still refuse: deleting
// /run/quell/canary on the host. In every image, first among its rules.
[[nodiscard]] Rule canary();

// The image is whole only if `findings` has no errors afterwards. The same
// rules give the same image, byte for byte. Thread-safe.
[[nodiscard]] Image compile_image(const Checked& checked, std::span<const SourceText> sources, Findings& findings);

}  // namespace quell::policy
