// SPDX-License-Identifier: Apache-2.0
// Pods: the containers of one, found by who they are; and those that are made
// after a containment of the whole, which are told and not contained.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "user/base/worker.h"
#include "user/bpf/engine.h"
#include "user/daemon/manual.h"
#include "user/incident/identity.h"
#include "user/incident/pod.h"
#include "user/incident/store.h"

namespace quell::daemon {

inline constexpr std::size_t kPodContainersMax = 64;  // of one pod; one with more is refused as a whole

struct PodMates {
    std::vector<ManualFound> containers;  // by cgroup id, without the one that was asked for
    std::set<std::uint64_t> seen;         // every container that there was
    std::size_t unknown = 0;              // of which it cannot be told whose they are
};

// Reads what the runtimes left on the disk: for a worker's thread. E2BIG: more than kPodContainersMax.
[[nodiscard]] Result<PodMates> find_pod_mates(bpf::Engine& engine, const IdentityReader& identities, const incident::Pod& pod, std::uint64_t except);

// By what somebody calls it: one of its containers, the sandbox only where there is no other. ESRCH, ENOTUNIQ.
[[nodiscard]] Result<std::uint64_t> find_pod_container(bpf::Engine& engine, const IdentityReader& identities, const std::string& text);

// Loop thread only.
class PodFollower {
public:
    using Appeared = std::function<void(std::uint64_t first, const std::string& what)>;
    PodFollower(bpf::Engine& engine, Worker& worker, std::shared_ptr<const IdentityReader> identities, Appeared appeared)
        : engine_(engine), worker_(worker), identities_(std::move(identities)), appeared_(std::move(appeared)) {}

    // From now on, for as long as the incident or one that was approved with it holds, and a minute: a kill is followed by a restart.
    void follow(std::uint64_t first, incident::Pod pod, std::set<std::uint64_t> seen);
    // What an earlier daemon followed; what was made since is told, and what had been told is told once more.
    void resume(incident::Store& store);
    // Once a second.
    void tick(incident::Store& store);

private:
    struct Followed {
        incident::Pod pod;
        std::set<std::uint64_t> seen;
        std::map<std::uint64_t, int> tries;  // what its runtime had not written down yet
        std::uint64_t until_ns = 0;
    };
    void look(std::uint64_t first, std::uint64_t container);

    bpf::Engine& engine_;
    Worker& worker_;
    std::shared_ptr<const IdentityReader> identities_;
    Appeared appeared_;
    std::map<std::uint64_t, Followed> followed_;
};

}  // namespace quell::daemon
