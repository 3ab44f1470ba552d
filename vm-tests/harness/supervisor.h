// SPDX-License-Identifier: Apache-2.0
// Supervisor: starts a container again on a fresh upper layer whenever it has
// died, as a kubelet would. One thread; ends with the object.
#pragma once

#include <atomic>
#include <thread>

#include "vm-tests/harness/container.h"

namespace quell::guest {

class Supervisor {
public:
    explicit Supervisor(Container& container);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    [[nodiscard]] int restarts() const { return restarts_; }

private:
    void watch();

    Container& container_;
    std::atomic<int> restarts_ = 0;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace quell::guest
