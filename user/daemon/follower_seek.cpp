// SPDX-License-Identifier: Apache-2.0
// Follower: what goes by paths is looked for in the root of a container that
// came back. There is one to look in from its OCI hook on, or else from its
// first execution.
#include <cerrno>

#include "user/base/id.h"
#include "user/base/log.h"
#include "user/base/vocabulary.h"
#include "user/daemon/follower.h"
#include "user/incident/executable.h"

namespace quell::daemon {

using incident::Followed;

void Follower::seek(const ManualFound& found, const response::Starting& starting, const Followed& followed, Told told) {
    const auto container = parts_.engine.container(found.container);
    if (!container) return told(0, false, "the container is gone");
    if (!starting.pid && !container->init_pid) {  // it is told of again when it begins
        seen_[found.container].is_settled = false;
        return told(0, false, "it has no root yet");
    }
    const Sought which{found.container, followed.incident};
    auto& waiting = sought_[which];
    waiting.push_back(std::move(told));
    if (waiting.size() > 1) return;
    auto submitted = parts_.walker.submit([this, found, starting, followed] { return find_again(parts_.engine, found, starting, followed); },
                                          [this, which](const Result<FoundAgain>& again) { sought(which, again); });
    if (!submitted) sought(which, submitted.error());
}

void Follower::sought(const Sought& which, const Result<FoundAgain>& again) {
    const auto [container, id] = which;
    const auto waiting = sought_.extract(which);
    if (waiting.empty()) return;
    const Told told = [list = waiting.mapped()](std::uint64_t incident, bool is_contained, const std::string& text) {
        for (const auto& one : list) one(incident, is_contained, text);
    };
    auto* followed = table_.find(id);
    if (!followed) return told(0, false, "it is followed no longer");
    if (!again) {
        tell_uncontained(container, *followed, again.error().message);
        if (again.error().code != EACCES) seen_[container].is_settled = false;  // what is not there yet may be, and is looked for once more
        return told(0, false, again.error().message);
    }
    if (followed->response == QUELL_RESPONSE_DENY_EXEC) {
        quell_pending_key key{};
        key.container = container;
        if (const auto held = parts_.engine.executable(incident::executable_of(key, again->found.entry))) {
            const auto* one = parts_.store.find(held->incident);
            return told(held->incident, one && one->state == QUELL_STATE_ENFORCING, "incident " + id_text(held->incident) + " denies it already");
        }
    }
    approve(*again, *followed, told);
}

void Follower::tell_uncontained(std::uint64_t container, const Followed& followed, const std::string& why) {
    if (!seen_[container].told.insert(id_text(followed.incident) + why).second) return;
    history::Row refused;
    refused.action = history::Action::CAME_BACK;
    refused.incident = followed.incident;
    refused.subject = incident::workload_text(followed.workload);
    refused.response = word_at(kResponseWords, followed.response);
    refused.result = "came back, and is not contained: " + why;
    log::error(refused.subject + " " + refused.result);
    row(nullptr, std::move(refused));
}

}  // namespace quell::daemon
