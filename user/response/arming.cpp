// SPDX-License-Identifier: Apache-2.0
#include "user/response/arming.h"

#include <cerrno>

#include "user/base/log.h"
#include "user/base/vocabulary.h"
#include "user/base/time.h"
#include "user/bpf/hook_table.h"

namespace quell::response {

namespace {

// Offers, and what is in force while it waits.
quell_u32 wanted_by(bpf::Engine& engine, const quell_pending& entry) { return entry.offers | (entry.wanted & engine.globals().enabled_offers); }

Status attach_all(bpf::Engine& engine, std::uint64_t hooks) {
    for (std::size_t hook = 0; hook < bpf::kHooks.size(); hook++)
        if ((hooks >> hook) & 1)
            if (auto attached = engine.attach(static_cast<quell_hook>(hook)); !attached) return attached;
    return success();
}

}  // namespace

Status attach_hooks(bpf::Engine& engine, quell_response which) { return attach_all(engine, bpf::kResponseHooks[which]); }

void Arming::arm(const Target& target) {
    const auto incident = QUELL_WORD_INCIDENT(target.entry.word);
    if (!incidents_.try_emplace(incident).second) return;
    for (quell_u32 which = 0; which < QUELL_RESPONSE_COUNT; which++)
        if (wanted_by(engine_, target.entry) & QUELL_BIT(which)) needed_ns_[which] = boottime_ns();
    auto submitted = worker_.submit([this, target] { return work(target); },
                                    [this, target, incident](Result result) {
                                        if (auto found = incidents_.find(incident); found != incidents_.end())
                                            found->second = std::move(result.descriptors);
                                        engine_.fill_stock();
                                        armed_(target, result.status);
                                    });
    if (!submitted) {
        incidents_.erase(incident);
        armed_(target, submitted);
    }
}

Arming::Result Arming::work(const Target& target) const {
    Result result;
    for (quell_u32 which = 0; which < QUELL_RESPONSE_COUNT; which++) {
        if (!(wanted_by(engine_, target.entry) & QUELL_BIT(which))) continue;
        if (auto attached = attach_all(engine_, bpf::kResponseHooks[which]); !attached) {
            result.status = attached;
            return result;
        }
        __atomic_fetch_or(&engine_.globals().armed, QUELL_BIT(which), __ATOMIC_SEQ_CST);
        const auto wanted = static_cast<quell_response>(which);
        auto prepared = response(wanted).prepare(engine_, target);
        // a target that vanished meanwhile is told of by the kernel side; the other offers may still hold
        if (prepared) result.descriptors[wanted] = std::move(prepared).value();
        else if (prepared.error().code != ESRCH) log::error("cannot prepare " + std::string(word_at(kResponseWords, which)) + ": " + prepared.error().message);
    }
    return result;
}

std::shared_ptr<const Prepared> Arming::prepared(std::uint64_t incident, quell_response which) const {
    const auto found = incidents_.find(incident);
    if (found == incidents_.end()) return nullptr;
    const auto descriptors = found->second.find(which);
    return descriptors == found->second.end() ? nullptr : descriptors->second;
}

quell_u32 Arming::needed_responses() const {
    quell_u32 needed = engine_.globals().kept | kept_;  // by the rules that run, and by what is followed
    for (const auto& [key, entry] : engine_.pending()) {
        const auto state = QUELL_WORD_STATE(entry.word);
        if (state == QUELL_STATE_ARMING || state == QUELL_STATE_PENDING) needed |= wanted_by(engine_, entry);
        const bool failed = state == QUELL_STATE_FAILED && entry.approved_ns;  // it goes on refusing
        if (state == QUELL_STATE_APPROVED || state == QUELL_STATE_ENFORCING || failed)
            needed |= QUELL_BIT(entry.response % QUELL_RESPONSE_COUNT);
    }
    return needed;
}

quell_u32 Arming::idle_responses() {
    const quell_u32 armed = engine_.globals().armed, needed = needed_responses();
    const auto now = boottime_ns();
    quell_u32 idle = 0;
    for (quell_u32 which = 0; which < QUELL_RESPONSE_COUNT; which++) {
        if (needed & QUELL_BIT(which)) needed_ns_[which] = now;
        else if ((armed & QUELL_BIT(which)) && now - needed_ns_[which] >= keep_ns_) idle |= QUELL_BIT(which);
    }
    return idle;
}

std::uint64_t Arming::needed_hooks(quell_u32 responses) const {
    const std::uint64_t hooks = bpf::standing_hooks() | bpf::policy_hooks(engine_.globals().operations, engine_.globals().texts);
    return hooks | bpf::response_hooks(responses | engine_.globals().kept);
}

void Arming::keep_armed(quell_u32 responses) {
    kept_ = responses;
    if (!(responses & ~engine_.globals().armed)) return;
    auto submitted = worker_.submit(
        [this, responses]() -> Status {
            for (quell_u32 which = 0; which < QUELL_RESPONSE_COUNT; which++) {
                if (!(responses & QUELL_BIT(which))) continue;
                if (auto attached = attach_all(engine_, bpf::kResponseHooks[which]); !attached) return attached;
                __atomic_fetch_or(&engine_.globals().armed, QUELL_BIT(which), __ATOMIC_SEQ_CST);
            }
            return success();
        },
        // whoever needs them arms once more, and is told what is wrong
        [](const Status& status) {
            if (!status) log::error("hooks that are to stay attached are not: " + status.error().message);
        });
    if (!submitted) log::warn("hooks that are to stay attached are not: " + submitted.error().message);
}

void Arming::disarm_unneeded() {
    auto& armed = engine_.globals().armed;
    if (disarming_ || (!armed && !left_attached_)) return;
    const auto idle = idle_responses();
    if (!idle && !left_attached_) return;
    // first the word, so that a detection from now on says "arming" and asks for the hooks again; then once more
    // who needs them, for one that came in between
    __atomic_fetch_and(&armed, ~idle, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&armed, idle & needed_responses(), __ATOMIC_SEQ_CST);
    disarming_ = true;
    auto submitted = worker_.submit(
        [this]() -> Status {
            // Looked at here and not before: jobs that arm run on this thread too, and what they attached since stays.
            const auto keep = needed_hooks(engine_.globals().armed | needed_responses());
            for (std::size_t hook = 0; hook < bpf::kHooks.size(); hook++)
                if (!((keep >> hook) & 1))
                    if (auto detached = engine_.detach(static_cast<quell_hook>(hook)); !detached) return detached;
            return success();
        },
        [this](const Status& status) {
            disarming_ = false;
            // tried again each time, and said once
            if (!status && !left_attached_) log::warn(status.error().message);
            left_attached_ = !status;
            // a policy that was applied meanwhile may have needed one of them
            if (auto attached = attach_all(engine_, needed_hooks(0)); !attached) log::error(attached.error().message);
        });
    if (!submitted) disarming_ = false;
}

}  // namespace quell::response
