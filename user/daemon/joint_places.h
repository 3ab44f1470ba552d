// SPDX-License-Identifier: Apache-2.0
// The places of a deny-write in each container of a pod: one path is another
// directory in each of them. Waits for the containers' file systems: for a
// worker's thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "user/approval/joint.h"
#include "user/bpf/engine.h"

namespace quell::daemon {

// In that order. A container in which nothing of it lies has none; whatever else stands against one of them is an error, with a
// text for who asked.
[[nodiscard]] Result<std::vector<approval::JointPlaces>> find_joint_places(bpf::Engine& engine, const std::vector<std::uint64_t>& containers, const std::vector<std::string>& paths);

// Those in which nothing lies, for people: "no path of it is in pod (4f0c9a…)"; "" where there is none.
[[nodiscard]] std::string placeless_text(const std::vector<approval::JointPlaces>& places, const std::vector<std::string>& names);

}  // namespace quell::daemon
