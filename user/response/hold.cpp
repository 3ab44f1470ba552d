// SPDX-License-Identifier: Apache-2.0
#include "user/response/hold.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "user/base/time.h"
#include "user/response/cgroup.h"

namespace quell::response {

std::string ask_hold(bpf::Engine& engine, const Target& target, quell_response which) {
    quell_transition request{};
    request.key = target.key;
    request.incident = QUELL_WORD_INCIDENT(target.entry.word);
    request.from = request.to = QUELL_WORD_STATE(target.entry.word);
    request.response = which;
    const auto answer = engine.transition(request);
    if (!answer) return answer.error().message;
    switch (-answer->error) {
        case 0:
        case EALREADY: return {};
        case EACCES: return "protected: it holds Quell or a container runtime";
        case ENOSPC: return "there is no room for one more";
        case ESRCH: return "the container is gone";
        case EINVAL: return "what happened has no object that it could be";
        case ETIME: return "its time is over";
        case EBUSY:
        case ENOENT: return "it was decided in this moment";
        default: return std::strerror(-answer->error);
    }
}

Holding hold_by_kernel(bpf::Engine& engine, const Target& target, quell_response which) {
    if (target.entry.held & QUELL_BIT(which)) return {true, "", 0};
    const auto why = ask_hold(engine, target, which);
    return {why.empty(), why, boottime_ns()};
}

bool keeps_frozen(const quell_pending& entry) {
    // for its capture, until it is killed
    if (QUELL_WORD_STATE(entry.word) == QUELL_STATE_APPROVED && entry.response == QUELL_RESPONSE_KILL_CONTAINER && (entry.beside & QUELL_BESIDE_CAPTURE)) return true;
    if (!(entry.held & QUELL_BIT(QUELL_RESPONSE_PAUSE_CONTAINER))) return false;
    switch (QUELL_WORD_STATE(entry.word)) {
        case QUELL_STATE_ARMING:
        case QUELL_STATE_PENDING: return true;
        case QUELL_STATE_APPROVED: return entry.response != QUELL_RESPONSE_STOP_CONTAINER;
        case QUELL_STATE_FAILED: return entry.approved_ns != 0 && entry.response != QUELL_RESPONSE_STOP_CONTAINER;
        default: return false;
    }
}

bool is_held_frozen(const bpf::Engine& engine, std::uint64_t container) {
    const auto entries = engine.pending();
    return std::ranges::any_of(entries, [&](const auto& one) { return one.key.container == container && keeps_frozen(one.value); });
}

bool is_to_stand(const bpf::Engine& engine, std::uint64_t container) {
    const auto now = engine.container(container);
    return (now && now->paused) || is_held_frozen(engine, container);
}

Status let_go_on(const bpf::Engine& engine, std::uint64_t container) {
    if (!engine.container(container) || is_to_stand(engine, container)) return success();
    return thaw(container);
}

}  // namespace quell::response
