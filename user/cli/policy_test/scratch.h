// SPDX-License-Identifier: Apache-2.0
// Scratch: a directory of this run, and what a container consists of: layers
// in the directory, and a cgroup that is named as Podman names its own, which
// is what the kernel side takes for a container. Everything goes with it.
#pragma once

#include <string>

#include "user/base/fd.h"
#include "user/base/result.h"

namespace quell::cli {

class Scratch {
public:
    [[nodiscard]] static Result<Scratch> make();
    Scratch(Scratch&& other) noexcept : directory_(std::exchange(other.directory_, {})), cgroups_(std::move(other.cgroups_)) {}
    Scratch& operator=(Scratch&&) = delete;
    ~Scratch();

    [[nodiscard]] const std::string& directory() const { return directory_; }
    // Where a container's cgroup is to be made.
    [[nodiscard]] const std::string& cgroups() const { return cgroups_; }

private:
    Scratch(std::string directory, std::string cgroups) : directory_(std::move(directory)), cgroups_(std::move(cgroups)) {}

    std::string directory_, cgroups_;
};

// The layers and the cgroup of one container.
class ContainerPlace {
public:
    [[nodiscard]] static Result<ContainerPlace> make(const Scratch& scratch);
    ContainerPlace(ContainerPlace&& other) noexcept : directory_(std::exchange(other.directory_, {})), cgroup_(std::move(other.cgroup_)) {}
    ContainerPlace& operator=(ContainerPlace&&) = delete;
    // Whoever is in it is killed.
    ~ContainerPlace();

    [[nodiscard]] std::string lower() const { return directory_ + "/lower"; }
    [[nodiscard]] std::string root() const { return directory_ + "/root"; }
    // Mounts the overlay at root() and /proc in it: in the caller's mount namespace.
    [[nodiscard]] Status mount_layers() const;
    // Writing to it takes the caller in.
    [[nodiscard]] Result<Fd> entrance() const;

private:
    ContainerPlace(std::string directory, std::string cgroup) : directory_(std::move(directory)), cgroup_(std::move(cgroup)) {}

    std::string directory_, cgroup_;
};

}  // namespace quell::cli
