// SPDX-License-Identifier: Apache-2.0
// Threads of the daemon that stand still, so that it can be killed between two of its steps.
#pragma once

#include <string>

namespace quell::guest {

// Threads of the daemon of these names (a pattern of grep -E) stand still, by a cgroup of their own, until the daemon is dead.
class HeldThreads {
public:
    explicit HeldThreads(const std::string& names);
    ~HeldThreads();
    HeldThreads(const HeldThreads&) = delete;
    HeldThreads& operator=(const HeldThreads&) = delete;
    // These stand still from here on, and the others go on.
    void hold_instead(const std::string& names);

private:
    static void hold(const std::string& names, const std::string& place);
};

}  // namespace quell::guest
