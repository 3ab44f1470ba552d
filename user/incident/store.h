// SPDX-License-Identifier: Apache-2.0
// Store: all incidents that wait or hold, and the newest of those that are
// over. Loop thread only.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "policy/image.h"
#include "user/event/event.h"
#include "user/incident/incident.h"

namespace quell::incident {

inline constexpr std::size_t kOverMax = 2048;        // incidents kept after they are over
inline constexpr std::size_t kGenerationsMax = 16;   // policies whose rules are remembered

class Store {
public:
    // Rules of a generation, for incidents made under it.
    void add_rules(std::uint64_t generation, const policy::Image& image);
    // What is known of a rule; one that nobody remembers is named by its number.
    [[nodiscard]] RuleFacts rule(std::uint64_t id, std::uint64_t generation) const;

    // The incident of an event, made if it is new. Without its entry and without places: the caller adds those.
    Incident& on_event(const Event& event, bool& made);
    // One that the kernel has and nobody told of.
    Incident& from_entry(const quell_pending_key& key, const quell_pending& entry);
    void put(Incident incident);

    [[nodiscard]] Incident* find(std::uint64_t id);
    // Newest first.
    [[nodiscard]] std::vector<Incident*> list(bool all);
    // Drops the oldest that are over beyond the bound.
    void trim();

private:
    std::map<std::uint64_t, Incident> incidents_;
    std::map<std::uint64_t, std::vector<RuleFacts>> generations_;
};

}  // namespace quell::incident
