// SPDX-License-Identifier: Apache-2.0
// Doubts: incidents that hang on who their container is, which was not known
// when it acted. What they hang on is kept as the policy of then had it, and
// judged when the container is known. Loop thread only.
#pragma once

#include <cstdint>
#include <map>

#include "policy/identity/doubt.h"
#include "user/approval/decisions.h"
#include "user/daemon/names.h"
#include "user/incident/store.h"

namespace quell::daemon {

class Doubts {
public:
    Doubts(incident::Store& store, approval::Decisions& decisions, const Names& names) : store_(store), decisions_(decisions), names_(names) {}

    // A new or adopted incident. `image`: the policy that runs, of `generation`.
    void note(const incident::Incident& incident, const policy::Image& image, std::uint64_t generation);
    // More is known of a container.
    void judge(std::uint64_t container);
    // Once a second: those that are over, and those that a repeat has made sure.
    void tick();

private:
    struct Noted {
        std::uint64_t container = 0;
        policy::Doubt doubt;
    };
    // Whether it is settled.
    [[nodiscard]] bool settle(std::uint64_t id, const Noted& noted);

    incident::Store& store_;
    approval::Decisions& decisions_;
    const Names& names_;
    std::map<std::uint64_t, Noted> noted_;  // by incident
};

}  // namespace quell::daemon
