// SPDX-License-Identifier: Apache-2.0
// What a call says of how wide it is, and who was found to be meant with the
// incident. Plain values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "user/approval/joint.h"
#include "user/control/json.h"
#include "user/daemon/manual.h"
#include "user/incident/kernel_view.h"

namespace quell::daemon {

// Why nothing that is wide follows.
inline constexpr const char* kOneContainer = "what follows a workload is one container, not several";

enum class Wide { kNone, kPod, kInstances };

// By `scope` and `all_instances` of a call; nothing: there is no such scope, or both were given.
[[nodiscard]] std::optional<Wide> wide_of(const control::Json& params);

// By the worker.
struct JointFound {
    std::string what, name, unseen;  // see approval::Joint
    std::vector<ManualFound> others;
    std::set<std::uint64_t> seen;  // of a pod: every container that there was
};

struct JointAsked {
    Wide wide = Wide::kNone;
    std::shared_ptr<const approval::Joint> joint;
    std::set<std::uint64_t> seen;
    std::shared_ptr<const incident::Incident> first;  // as it was then

    // For one response: what each of the others offers. Of instances without those that have it already, which `unseen` tells.
    [[nodiscard]] std::shared_ptr<approval::Joint> of(const incident::KernelView& kernel, quell_response response) const;
};

// Of an incident, or of one that is drafted: what a request is made of.
[[nodiscard]] ManualFound found_of(const incident::Incident& incident);

}  // namespace quell::daemon
