// SPDX-License-Identifier: Apache-2.0
// Debian's containerd, and pods in it by CRI, as a kubelet makes them. They have the host's network, so that there is no need of CNI.
#pragma once

#include <string>

#include "vm-tests/harness/guest.h"

namespace quell::guest::cri {

[[nodiscard]] bool is_systemd();

// Its configuration and images: registry.example/web:1, /other:1, and one that has an id only; all of the same files.
void install();
// Returns when it takes calls.
void start();
// Shims and containers stay.
void stop();

// Protobuf's text (cri.proto); fails the test when the call does.
std::string call(const std::string& method, const std::string& request);

class Pod {
public:
    // Its name is the annotation example.org/of-pod, too.
    Pod(const std::string& name, const std::string& name_space);
    // Makes and starts a container: its id. `annotation` is its own, example.org/kind.
    [[nodiscard]] std::string run(const std::string& name, const std::string& image, const std::string& annotation) const;

private:
    std::string config_, id_;
};

// As a shim does it, without the five seconds that a call takes in an emulator.
[[nodiscard]] Output exec(const std::string& container, const std::string& command);
[[nodiscard]] bool is_running(const std::string& container);
// Where containerd keeps what a container was started with.
[[nodiscard]] std::string bundle(const std::string& container);

}  // namespace quell::guest::cri
