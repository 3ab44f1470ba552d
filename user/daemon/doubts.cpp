// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/doubts.h"

namespace quell::daemon {

using policy::Truth;

void Doubts::note(const incident::Incident& incident, const policy::Image& image, std::uint64_t generation) {
    const auto& entry = incident.entry;
    // Of another generation the conditions are not at hand: it stays in doubt until it is decided or expires.
    if (!incident.in_doubt() || entry.generation != generation) return;
    auto doubt = policy::doubt_of(image, incident.key.rule, {entry.doubts[0], entry.doubts[1]});
    if (!doubt) return;
    Noted noted{incident.key.container, std::move(*doubt)};
    if (!settle(incident.id, noted)) noted_.insert_or_assign(incident.id, std::move(noted));
}

void Doubts::judge(std::uint64_t container) {
    std::erase_if(noted_, [&](const auto& one) { return one.second.container == container && settle(one.first, one.second); });
}

bool Doubts::settle(std::uint64_t id, const Noted& noted) {
    auto* incident = store_.find(id);
    if (!incident || !incident->waits()) return true;
    const Truth truth = policy::judge(noted.doubt, names_.names(noted.container));
    // Of repeats that hang on more than what is kept, only that they fail can be told from what is.
    if (truth == Truth::kUnknown || (truth == Truth::kHolds && (incident->entry.doubt_flags & QUELL_DOUBT_MIXED))) return false;
    return decisions_.doubt_ends(*incident, truth == Truth::kHolds);
}

void Doubts::tick() {
    std::erase_if(noted_, [&](const auto& one) {
        auto* incident = store_.find(one.first);
        if (!incident || !incident->waits()) return true;
        if (incident->in_doubt()) return false;
        decisions_.doubt_ended(*incident, "a repeat does not hang on who the container is");
        return true;
    });
}

}  // namespace quell::daemon
