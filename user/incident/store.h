// SPDX-License-Identifier: Apache-2.0
// Store: all incidents that wait, hold, or failed and are in force, and the
// newest of those that are over. Loop thread only. Pointers and references stay valid until trim().
//
// At a daemon's start: remember() what the history tells, on_event() for what
// the ring still holds, adopt() each of the kernel's entries, end_unheld().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "policy/image.h"
#include "user/event/event.h"
#include "user/incident/incident.h"

namespace quell::incident {

inline constexpr std::size_t kOverMax = 2048;  // incidents kept after they are over

class Store {
public:
    // Rules of a generation, for incidents made under it.
    void add_rules(std::uint64_t generation, const policy::Image& image) { rules_.add(generation, image); }
    [[nodiscard]] RuleFacts rule(std::uint64_t id, std::uint64_t generation) const { return rules_.find(id, generation); }
    [[nodiscard]] RuleBook& rules() { return rules_; }

    // The incident of an event. `told`: the event made it, or filled in what
    // an entry alone could not tell. Entry and places are the caller's to add.
    Incident& on_event(const Event& event, bool& told);

    // From the history. One that is there already is newer and stays.
    void remember(Incident incident);
    // What the kernel holds is the truth: state, counts, terms. `made`: nobody
    // had told of it, so that its details are lost unless the ring has them.
    Incident& adopt(const quell_pending_key& key, const quell_pending& entry, bool& made);
    // Those that claim to wait or hold and are not among `held`, the kernel's
    // entries, have lost theirs: expired or gone now. Each is told once, for its row.
    [[nodiscard]] std::vector<Incident*> end_unheld(const std::set<std::uint64_t>& held, std::uint64_t now_ns);

    [[nodiscard]] Incident* find(std::uint64_t id);
    // Those that were approved with it (Incident::part_of), oldest first.
    [[nodiscard]] std::vector<Incident*> parts_of(std::uint64_t first);
    // Newest first; all: at most kOverMax, else every one that waits or holds.
    [[nodiscard]] std::vector<Incident*> list(bool all);
    // Those that hold a file (Incident::holds_file), oldest first.
    [[nodiscard]] std::vector<Incident*> holding_files();
    // Drops the oldest that are over beyond the bound, but those that are kept: what follows from them goes on. Those that failed
    // and are in force stay, and the first of several while one of the others is not over or in force: they take nobody's place
    // within the bound. What bounds them is the kernel's map, which has an entry of each that is in force: 2 * QUELL_PENDING_MAX.
    // `held`: whose entries the kernel has until their rows are on the disk; without the incident nobody would tell it to forget them.
    void trim(const std::set<std::uint64_t>& held = {});
    void keep(std::uint64_t id) { kept_.insert(id); }
    void keep_no_more(std::uint64_t id) { kept_.erase(id); }
    [[nodiscard]] std::size_t size() const { return incidents_.size(); }

private:
    std::map<std::uint64_t, Incident> incidents_;
    RuleBook rules_;
    std::set<std::uint64_t> kept_;
};

}  // namespace quell::incident
