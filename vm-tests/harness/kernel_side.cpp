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

bpf::PendingEntry KernelSide::bring_about(const bpf::PendingEntry& like, quell_response response, std::uint64_t container, quell_state end) {
    constexpr quell_u32 kNobody = 0x7ffffff0;  // beyond all that the kernel gives
    quell_request asked{};
    asked.key.container = container;
    asked.entry = like.value;
    asked.entry.offers = QUELL_BIT(response);
    asked.entry.deadline_ns = 900'000'000'000;
    asked.entry.object_flags &= ~QUELL_OBJECT_OWN;
    asked.entry.part_of = 0;
    asked.entry.chain_count = response == QUELL_RESPONSE_KILL_PROCESS ? 1 : 0;
    asked.entry.chain[0] = {};
    asked.entry.chain[0].pid = kNobody;
    asked.entry.chain[0].start_ns = 1;
    asked.entry.chain[0].actor = QUELL_ACTOR_NEW;
    const auto made = engine_->request(asked);
    const auto entry = made && !made->error ? engine_->find(made->key) : std::nullopt;
    if (!entry) {
        ADD_FAILURE() << "not made for " << container << ": " << (made ? made->error : -EIO);
        return {};
    }
    bpf::PendingEntry one{made->key, *entry};
    auto request = approval_of(one, response);
    const auto go = [&](quell_state from, quell_state to) {
        request.from = from;
        request.to = to;
        const int error = transition(request).error;
        EXPECT_EQ(error, 0) << "for " << container << " to " << to;
        return error == 0;
    };
    if (QUELL_WORD_STATE(entry->word) == QUELL_STATE_ARMING && !go(QUELL_STATE_ARMING, QUELL_STATE_PENDING)) return {};
    if (response == QUELL_RESPONSE_DENY_WRITE)
        if (const auto denial = engine_->write_denial(like.key.container)) request.places = denial->places;
    if (!go(QUELL_STATE_PENDING, QUELL_STATE_APPROVED) || !go(QUELL_STATE_APPROVED, end)) return {};
    return one;
}

int KernelSide::move(const std::string& id, quell_state from, quell_state to) {
    auto request = approval_of(find(id), QUELL_RESPONSE_COUNT);
    request.from = from;
    request.to = to;
    return transition(request).error;
}

}  // namespace quell::guest
