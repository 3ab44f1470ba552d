// SPDX-License-Identifier: Apache-2.0
// Offers: what could be done about an incident now, and whom it would hit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "user/bpf/engine.h"
#include "user/incident/incident.h"

namespace quell::incident {

inline constexpr std::size_t kListedMax = 256;  // processes of one offer that are listed; all are counted

struct Offer {
    quell_response response = QUELL_RESPONSE_KILL_CONTAINER;
    bool available = false;
    std::string reason;        // why not
    std::uint32_t target = 0;  // kill-process: index into the chain
    std::string target_text;   // escaped
    std::string digest;
    std::vector<quell_task_ref> would_hit;
    std::size_t would_hit_count = 0;
};

// In the rule's order. Walks all tasks: for `show` and decisions, not for lists.
[[nodiscard]] std::vector<Offer> offers(bpf::Engine& engine, const Incident& incident);
// One of them; `listed`: with those it would hit, which walks all tasks. An approval does without.
[[nodiscard]] Offer offer(bpf::Engine& engine, const Incident& incident, quell_response response, bool listed);

}  // namespace quell::incident
