// SPDX-License-Identifier: Apache-2.0
// What the daemon knows of itself and the kernel side, for `quell status` and
// for the status page. Loop thread only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "user/bpf/engine.h"
#include "user/control/json.h"
#include "user/control/status_page.h"
#include "user/daemon/canary.h"
#include "user/daemon/policies.h"

namespace quell::daemon {

struct Vitals {
    std::uint64_t since_ns = 0;
    Canary canary = Canary::kUnknown;
    std::uint64_t canary_ns = 0;
    bool stopping = false;
    // what is wrong in user space; empty: nothing
    std::string history_warning;
    std::string policy_warning;
    std::string kept_warning;
    std::string followed_warning;
    std::string groups_warning;
    std::string lost_warning;
};

// "ready", "blind" (the canary was not denied), "starting", "stopping"
[[nodiscard]] std::string state_word(const Vitals& vitals);

// What may be said of a state: "enforcing" only while the canary is denied, else it is approved and not proven to hold.
[[nodiscard]] quell_state shown_state(quell_state state, const Vitals& vitals);

// docs/io.quell.varlink, StatusInfo
[[nodiscard]] control::Json status_json(bpf::Engine& engine, const Policies& policies, const Vitals& vitals);

[[nodiscard]] control::StatusSnapshot status_snapshot(bpf::Engine& engine, const Policies& policies, const Vitals& vitals);

}  // namespace quell::daemon
