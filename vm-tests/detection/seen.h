// SPDX-License-Identifier: Apache-2.0
// One attack and what must come of it: the kernel's count at once, then one
// new incident with that count and the object's path, and its row.
#pragma once

#include <string>

#include "vm-tests/harness/container.h"

namespace quell::guest {

struct Seen {
    const char* word;   // the incident's operation
    std::string path;   // of its object; "": whichever of its names
    int matches = 1;
};

// The container's, or the host's when there is none; returns what it printed and its status.
Output expect_seen(const Container* container, const std::string& command, const Seen& seen);
// Not one match, which the kernel counts before the operation returns: no need to wait.
Output expect_unseen(const Container* container, const std::string& command);

}  // namespace quell::guest
