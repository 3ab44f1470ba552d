// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/harness/kernel_side.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

#include "user/base/id.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {

quell_transition approval_of(const bpf::PendingEntry& entry, quell_response response, quell_u32 target) {
    quell_transition request{};
    request.key = entry.key;
    request.incident = QUELL_WORD_INCIDENT(entry.value.word);
    request.from = QUELL_STATE_PENDING;
    request.to = QUELL_STATE_APPROVED;
    request.response = response;
    request.target = target;
    return request;
}

quell_u32 bound(const quell_pending& entry, const std::string& comm) {
    for (quell_u32 i = 0; i < entry.chain_count && i < QUELL_CHAIN_MAX; i++)
        if (entry.chain[i].actor && comm == entry.chain[i].comm) return i;
    ADD_FAILURE() << "no " << comm << " is bound";
    return 0;
}

KernelSide::KernelSide() {
    kill_daemon(SIGKILL);
    auto engine = bpf::Engine::open({.loader = "/bin/false"});
    EXPECT_TRUE(engine) << engine.error().message;
    if (engine) engine_ = std::move(*engine);
}

KernelSide::~KernelSide() {
    engine_.reset();
    start_daemon();
}

bpf::PendingEntry KernelSide::find(const std::string& id) const {
    if (engine_)
        for (const auto& one : engine_->pending())
            if (id_text(QUELL_WORD_INCIDENT(one.value.word)) == id) return one;
    ADD_FAILURE() << "no entry of " << id;
    return {};
}

quell_pending KernelSide::entry(const std::string& id) const { return find(id).value; }

quell_transition KernelSide::transition(const quell_transition& request) {
    const auto answer = engine_->transition(request);
    EXPECT_TRUE(answer);
    if (answer) return *answer;
    auto failed = request;
    failed.error = -EIO;
    return failed;
}

std::uint64_t KernelSide::denied(quell_hook hook) const { return engine_->globals().denied[hook]; }

std::uint64_t KernelSide::counter(quell_counter counter) const { return engine_->counter(counter); }

int KernelSide::approve(const std::string& id, quell_response response, quell_u32 target) {
    return transition(approval_of(find(id), response, target)).error;
}

int KernelSide::move(const std::string& id, quell_state from, quell_state to) {
    auto request = approval_of(find(id), QUELL_RESPONSE_COUNT);
    request.from = from;
    request.to = to;
    return transition(request).error;
}

}  // namespace quell::guest
