// SPDX-License-Identifier: Apache-2.0
// Endings: while it is there, SIGINT, SIGTERM and SIGHUP wait until somebody
// asks for them: what was begun is finished, and put back. One thread.
#pragma once

#include <signal.h>

namespace quell::cli {

class Endings {
public:
    Endings();
    ~Endings();
    Endings(const Endings&) = delete;
    Endings& operator=(const Endings&) = delete;

    // One of them came. It stays asked.
    [[nodiscard]] static bool asked();

private:
    sigset_t before_;
};

}  // namespace quell::cli
