// SPDX-License-Identifier: Apache-2.0
// Which conditions are whose, and whether the kernel can ask them.
#pragma once

#include <string>

#include "policy/image.h"

namespace quell::policy {

// What is wrong with an image's conditions; "" where all is well. Thread-safe.
[[nodiscard]] std::string valid_conditions(const Image& image);

}  // namespace quell::policy
