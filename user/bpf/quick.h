// SPDX-License-Identifier: Apache-2.0
// Of a rule's conditions the one that decides most operations with what is at
// hand: on a number that the operation itself tells, as a connection its port.
// The kernel side asks it before it looks anything up.
#pragma once

#include <vector>

#include "kern/abi.h"

namespace quell::bpf {

// `conditions` is the image's; the rule's own are in it. All bits are set where
// no condition is of that kind: a bit too many costs the kernel side a look,
// one too few would lose a match.
[[nodiscard]] quell_quick quick_of(const quell_rule& rule, const std::vector<quell_condition>& conditions);

// What either of them lets through.
[[nodiscard]] quell_quick either(const quell_quick& one, const quell_quick& other);

}  // namespace quell::bpf
