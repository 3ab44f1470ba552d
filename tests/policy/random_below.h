// SPDX-License-Identifier: Apache-2.0
// A number below a bound, by a generator of the standard library.
#pragma once

#include <cstddef>

namespace quell::policy {

template <typename Random>
unsigned below(Random& random, std::size_t bound) {
    return static_cast<unsigned>(random() % bound);
}

}  // namespace quell::policy
