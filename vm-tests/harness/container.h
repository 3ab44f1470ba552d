// SPDX-License-Identifier: Apache-2.0
// Container: a real one, by a real OCI runtime, from a bundle on a real
// overlayfs, shaped as CRI-O and OpenShift shape theirs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vm-tests/harness/guest.h"

namespace quell::guest {

struct ContainerOptions {
    std::string runtime = "crun";
    std::string command = "sleep 1000";  // of its init, through the container's shell
    std::vector<Json> mounts = {};       // OCI mounts beyond /proc and /dev
    bool user_namespace = false;
    bool host_pid = false;   // Kubernetes' hostPID: nothing dies with its init
    bool privileged = true;  // CAP_SYS_ADMIN and its like: an attacker who got far
    std::vector<std::string> layers = {};  // of its image, above its own lower one
    std::string overlay = {};              // more options of its overlay
    std::string id = {};                   // of each start, "": a new one
    Json annotations = Json::object();     // beside those that name it
    Json arguments = Json();               // of its init, instead of the shell with `command`
    Json hooks = Json();                   // OCI hooks, by stage
};

class Container {
public:
    explicit Container(std::string name, ContainerOptions options = {});
    ~Container();
    Container(const Container&) = delete;
    Container& operator=(const Container&) = delete;

    // A fresh upper layer each time, as a kubelet's restart has.
    void start();
    // On the upper layer that it had, as `podman start` and a host's restart leave it.
    void restart();
    [[nodiscard]] Output exec(const std::string& command) const;
    // Enters it with a command, as exec, and goes on when that has begun.
    void begin(const std::string& command) const;
    // Waits for the end of what has begun: its exit status, 128 + signal when it was killed.
    [[nodiscard]] int ended() const;
    [[nodiscard]] bool running() const;
    void destroy();

    // Where the bundle lies on the host.
    [[nodiscard]] const std::string& directory() const { return directory_; }
    [[nodiscard]] const std::string& id() const { return id_; }  // 64 hex digits, of this start
    [[nodiscard]] std::string cgroup() const;                    // below /sys/fs/cgroup

private:
    [[nodiscard]] Json config() const;
    [[nodiscard]] std::string runtime() const;
    void launch();

    std::string name_, directory_, id_;
    ContainerOptions options_;
};

}  // namespace quell::guest
