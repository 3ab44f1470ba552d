// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/removed.h"

#include <algorithm>

#include "user/base/log.h"
#include "user/base/time.h"
#include "user/response/process.h"

namespace quell::daemon {
namespace {

constexpr std::uint64_t kLookNs = 900'000'000;  // each tick
// A walk over all tasks can miss one that forks and ends behind it. Never twice in a row, seconds apart, with nobody to
// be seen in between but by forking all the time: and then its acts are still counted, loudly.
constexpr unsigned kLooksForIt = 3;

std::vector<std::uint64_t> without_processes(bpf::Engine& engine) {
    std::vector<std::uint64_t> found;
    for (const auto& [cgroup, container] : engine.containers()) {
        if (!(container.flags & QUELL_CONTAINER_REMOVED)) continue;
        const auto tasks = engine.tasks(cgroup, 0);
        if (tasks && std::ranges::none_of(*tasks, response::is_alive)) found.push_back(cgroup);
    }
    return found;
}

}  // namespace

void RemovedContainers::tick() {
    const auto now = boottime_ns();
    if (looking_ || !engine_.globals().removed_containers || now - looked_ns_ < kLookNs) return;
    looked_ns_ = now;
    looking_ = true;
    auto submitted = worker_.submit([this] { return without_processes(engine_); },
                                    [this](const std::vector<std::uint64_t>& containers) {
                                        looking_ = false;
                                        found_nobody_in(containers);
                                    });
    if (!submitted) looking_ = false;
}

void RemovedContainers::found_nobody_in(const std::vector<std::uint64_t>& containers) {
    std::map<std::uint64_t, unsigned> empty;
    for (const auto container : containers) {
        const auto known = empty_.find(container);
        const auto looks = known == empty_.end() ? 1 : known->second + 1;
        if (looks < kLooksForIt) {
            empty[container] = looks;
        } else if (auto forgotten = engine_.forget(container); !forgotten) {
            log::warn("container of cgroup " + std::to_string(container) + ": " + forgotten.error().message);
        }
    }
    empty_ = std::move(empty);
}

}  // namespace quell::daemon
