// SPDX-License-Identifier: Apache-2.0
// Names: who the containers are, for policies that ask. The kernel side tells
// of a container when its cgroup is made and when it has begun; what its
// runtime left on the disk is read on a thread of its own, and which of the
// policy's identities hold goes into a map. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "policy/image.h"
#include "user/base/worker.h"
#include "user/bpf/engine.h"
#include "user/incident/identity.h"

namespace quell::daemon {

class Names {
public:
    // `known`: more is known of a container than before.
    Names(bpf::Engine& engine, Worker& worker, TrustedFiles files, std::function<void(std::uint64_t)> known)
        : engine_(engine), worker_(worker), reader_(std::make_shared<IdentityReader>(std::move(files))), known_(std::move(known)) {}

    // For a policy that is about to be loaded: of the containers that are known by then.
    [[nodiscard]] std::vector<bpf::NamedContainer> of(const policy::Image& image) const;
    // What runs now. All containers are looked at anew.
    void use(const policy::Image& image);
    // The kernel side told of it.
    void seen(std::uint64_t container);
    // Once a second: those that could not be read yet, and those whose telling was lost.
    void tick();

    // Nothing is known of one that is not here.
    [[nodiscard]] policy::ContainerNames names(std::uint64_t container) const;

private:
    struct Known {
        policy::ContainerNames names;
        bool is_asked = false;  // on the worker
        bool is_seen_again = false;  // meanwhile
        unsigned looks = 0;
        std::uint64_t next_ns = 0;
    };

    void look(std::uint64_t container, Known& known);
    void found(std::uint64_t container, policy::ContainerNames names);
    void reconcile();
    // Everything that the policy asks for.
    [[nodiscard]] bool is_whole(const policy::ContainerNames& names) const;

    bpf::Engine& engine_;
    Worker& worker_;
    std::shared_ptr<const IdentityReader> reader_;
    const std::function<void(std::uint64_t)> known_;
    std::vector<policy::Identity> identities_;  // of the policy that runs
    std::map<std::uint64_t, Known> containers_;
    std::uint64_t reconciled_ns_ = 0;
};

}  // namespace quell::daemon
