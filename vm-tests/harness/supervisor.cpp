// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/harness/supervisor.h"

namespace quell::guest {

Supervisor::Supervisor(Container& container) : container_(container), thread_([this] { watch(); }) {}

Supervisor::~Supervisor() {
    stopping_ = true;
    thread_.join();
}

void Supervisor::watch() {
    while (!stopping_) {
        if (!container_.running()) {
            container_.start();
            restarts_++;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
}

}  // namespace quell::guest
