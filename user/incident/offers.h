// SPDX-License-Identifier: Apache-2.0
// Offers: what could be done about an incident now, and whom it would hit.
// What may never be hit (PID 1, Quell, what a runtime needs) is not offered;
// the kernel side refuses it again. Loop thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "user/incident/incident.h"
#include "user/incident/kernel_view.h"

namespace quell::incident {

inline constexpr std::size_t kListedMax = 256;    // processes of one offer that are listed
inline constexpr std::size_t kLookedAtMax = 1024;  // of which it is asked whether they live; all further ones are counted

struct Offer {
    quell_response response = QUELL_RESPONSE_KILL_CONTAINER;
    bool available = false;
    std::string reason;        // why not, escaped
    std::uint32_t target = 0;  // kill-process: index into the chain
    std::string target_text;   // escaped
    std::string warning;       // what else will come of it, "" if nothing
    std::string digest;
    std::uint64_t follow_ns = 0;  // its workload for so long, since its rule says so
    std::string not_followed;     // why not, though it says so; escaped
    // Not there: not asked for, no process is hit, or they could not be listed.
    std::optional<std::vector<quell_task_ref>> would_hit;
    std::size_t would_hit_count = 0;
};

// In the rule's order. Walks all tasks: for `show`, not for lists.
[[nodiscard]] std::vector<Offer> offers(KernelView& kernel, const Incident& incident);
// One of them; `listed`: with those it would hit. An approval does without.
[[nodiscard]] Offer offer(KernelView& kernel, const Incident& incident, quell_response response, bool listed);

}  // namespace quell::incident
