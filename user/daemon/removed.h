// SPDX-License-Identifier: Apache-2.0
// RemovedContainers: those whose cgroup is gone while processes that had left
// it may live on. The kernel side goes on judging and containing them; when
// nobody is left, it is told so, and what waited on them is gone.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "user/base/worker.h"
#include "user/bpf/engine.h"

namespace quell::daemon {

// On the loop's thread; looks on the worker's, and only while there are such containers.
class RemovedContainers {
public:
    RemovedContainers(bpf::Engine& engine, Worker& worker) : engine_(engine), worker_(worker) {}
    void tick();

private:
    void found_nobody_in(const std::vector<std::uint64_t>& containers);

    bpf::Engine& engine_;
    Worker& worker_;
    bool looking_ = false;
    std::uint64_t looked_ns_ = 0;
    std::map<std::uint64_t, unsigned> empty_;  // by container: looks in a row that found nobody
};

}  // namespace quell::daemon
