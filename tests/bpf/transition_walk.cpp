// SPDX-License-Identifier: Apache-2.0
#include "tests/bpf/transition_walk.h"

namespace quell::model {
namespace {

constexpr std::uint64_t kNsInASecond = 1'000'000'000;
constexpr quell_u32 kWaiting = QUELL_BIT(QUELL_STATE_ARMING) | QUELL_BIT(QUELL_STATE_PENDING);
constexpr quell_u32 kHolding = QUELL_BIT(QUELL_STATE_APPROVED) | QUELL_BIT(QUELL_STATE_ENFORCING);

}  // namespace

quell_file_key file_key(std::uint64_t file) {
    quell_file_key key{};
    key.file.inode = file;
    return key;
}

Walk::Walk(std::uint64_t seed, Asked& asked) : random_(seed), asked_(asked) {
    for (int i = 0; i < MACHINE_CONTAINERS - 1; i++) {
        containers_.push_back(next_container_++);
        asked_.container(containers_.back(), i == 0);
    }
}

quell_transition Walk::request_of(const Known& known, quell_u32 to) {
    quell_transition request{};
    request.key = known.key;
    request.incident = known.incident;
    request.from = known.state;
    request.to = to;
    return request;
}

const Walk::Known* Walk::some(quell_u32 mask) {
    if (known_.empty()) return nullptr;
    const auto first = below(known_.size());
    for (std::size_t i = 0; i < known_.size(); i++)
        if (const auto& one = known_[(first + i) % known_.size()]; QUELL_BIT(one.state) & mask) return &one;
    return nullptr;
}

void Walk::ask(quell_transition request) {
    if (one_in(20)) request.approver_container = request.key.container;
    else if (one_in(4)) request.approver_container = containers_[below(containers_.size())];
    asked_.ask(request, one_in(10));
}

void Walk::step() {
    if (one_in(5)) asked_.clock(now_ns_ += below(2 * kNsInASecond));
    if (one_in(3)) adopt();  // a daemon that read the entries: also the next one, after a kill
    if (one_in(200)) known_.clear();  // killed, and not there yet
    if (one_in(8)) asked_.network(containers_[below(containers_.size())]);
    if (one_in(300)) armed_ = static_cast<quell_u32>(random_());  // a reload, or hooks that come and go
    switch (below(10)) {
        case 0:
        case 1:
        case 2: return detect();
        case 3:
        case 4:
        case 5:
        case 6:
        case 7: return decide();
        case 8: return finish();
        default: return one_in(4) ? ask_nonsense() : end_something(!one_in(4));
    }
}

void Walk::detect() {
    quell_pending_key key{};
    key.rule = 1 + below(2);
    key.container = one_in(5) ? 0 : containers_[below(containers_.size())];
    key.actor_pid = static_cast<quell_u32>(100 + below(2));
    quell_pending made{};
    made.first_ns = now_ns_;
    made.deadline_ns = now_ns_ + 1 + below(20 * kNsInASecond);
    made.offers = static_cast<quell_u32>(one_in(8) ? random_() : ~0u) & (QUELL_BIT(QUELL_RESPONSE_COUNT) - 1);
    made.object_flags = QUELL_OBJECT_FILE | (one_in(10) ? QUELL_OBJECT_LAST_LINK : 0) | (one_in(2) ? QUELL_OBJECT_OWN : 0);
    made.file = file_key(1 + below(kFiles));
    made.place = file_key(kFiles + 1);
    for (auto& ref : made.chain) ref.actor = one_in(5) ? 0 : 1 + below(kActors);
    if (one_in(3)) made.doubts[below(2)] = 1 + below(7);
    if (one_in(2)) made.wanted = (one_in(2) ? QUELL_HOLDABLE : QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK));
    if (!key.container) made.wanted = 0;
    asked_.detect(key, made, armed_);
}

void Walk::decide() {
    const auto* known = some(one_in(6) ? kHolding | QUELL_BIT(QUELL_STATE_FAILED) : kWaiting);
    if (!known) return;
    if (known->state <= QUELL_STATE_PENDING && one_in(6)) {  // what its rule wants while it waits
        auto hold = request_of(*known, known->state);
        hold.response = one_in(2) ? quell_u32{QUELL_RESPONSE_PAUSE_CONTAINER} : static_cast<quell_u32>(below(QUELL_RESPONSE_COUNT + 1));
        return asked_.ask(hold, false);
    }
    if (known->state == QUELL_STATE_ARMING && !one_in(3)) return asked_.ask(request_of(*known, one_in(8) ? QUELL_STATE_FAILED : QUELL_STATE_PENDING), false);
    auto request = request_of(*known, QUELL_STATE_APPROVED);
    switch (below(8)) {
        case 0: request.to = QUELL_STATE_REJECTED; break;
        case 1:  // longer than allowed, too, and less than it had
            request.to = request.from;
            request.deadline_ns = one_in(10) ? QUELL_EXTEND_MAX_NS + now_ns_ + below(2) : one_in(8) ? 1 + below(now_ns_) : now_ns_ + below(40 * kNsInASecond);
            break;
        case 2:
            request.doubt = 1;
            request.to = one_in(2) ? quell_u32{QUELL_STATE_REJECTED} : request.from;
            break;
        case 3: request.to = QUELL_STATE_EXPIRED; break;
        case 4:
            if (QUELL_BIT(known->state) & kWaiting) break;
            request.to = QUELL_STATE_UNDONE;
            break;
        default: break;
    }
    if (request.to == QUELL_STATE_APPROVED && request.from != QUELL_STATE_PENDING) request.to = one_in(2) ? QUELL_STATE_GONE : QUELL_STATE_UNDONE;
    // of these there is more to be met: a second step, an undo of what is done, one that is there already
    static constexpr quell_u32 kMore[] = {QUELL_RESPONSE_STOP_CONTAINER, QUELL_RESPONSE_STOP_CONTAINER, QUELL_RESPONSE_ACQUIRE_FILE, QUELL_RESPONSE_ACQUIRE_FILE, QUELL_RESPONSE_PAUSE_CONTAINER, QUELL_RESPONSE_PAUSE_CONTAINER};
    request.response = one_in(20) ? static_cast<quell_u32>(below(40)) : one_in(3) ? kMore[below(std::size(kMore))] : static_cast<quell_u32>(below(QUELL_RESPONSE_COUNT));
    request.target = static_cast<quell_u32>(one_in(20) ? below(20) : below(2));
    ask(request);
}

// What the daemon does behind a decision: the second step of a stop, the sweep's end, and forgetting.
void Walk::finish() {
    const auto* known = some(one_in(2) ? kHolding : ~kWaiting);
    if (!known) return;
    const bool may_be_undone = known->state == QUELL_STATE_FAILED || known->state == QUELL_STATE_DONE;  // of what is done evidence alone
    if (!(QUELL_BIT(known->state) & kHolding)) return asked_.ask(request_of(*known, may_be_undone && !one_in(4) ? QUELL_STATE_UNDONE : QUELL_STATE_NONE), false);
    static constexpr quell_state kNext[] = {QUELL_STATE_ENFORCING, QUELL_STATE_DONE, QUELL_STATE_FAILED, QUELL_STATE_APPROVED, QUELL_STATE_APPROVED, QUELL_STATE_UNDONE, QUELL_STATE_GONE};
    ask(request_of(*known, kNext[below(std::size(kNext))]));
}

void Walk::end_something(bool is_replaced) {
    if (one_in(2)) return asked_.file_ends(1 + below(kFiles));
    auto& id = containers_[below(containers_.size())];
    asked_.container_ends(id);
    if (!is_replaced) return;  // nobody of it is there for a while
    id = next_container_++;
    asked_.container(id, one_in(8));
}

void Walk::adopt() {
    known_.clear();
    quell_pending_key key;
    quell_pending entry;
    for (quell_u32 at = 0; at < MACHINE_ENTRIES; at++)
        if (machine_entry(at, &key, &entry)) known_.push_back({key, QUELL_WORD_INCIDENT(entry.word), QUELL_WORD_STATE(entry.word)});
}

void Walk::ask_nonsense() {
    Known known;
    if (const auto* one = some(~0u)) known = *one;
    auto request = request_of(known, static_cast<quell_u32>(below(2 * QUELL_STATE_COUNT)));
    if (one_in(2)) request.from = static_cast<quell_u32>(below(2 * QUELL_STATE_COUNT));
    if (one_in(4)) request.incident += below(3);
    if (one_in(4)) request.key.turn += 100;
    request.response = static_cast<quell_u32>(below(QUELL_RESPONSE_COUNT));
    if (one_in(8)) request.doubt = 1;
    ask(request);
}

void Walk::elsewhere() {
    switch (below(5)) {
        case 0: return detect();
        case 1: return end_something(false);  // no other container begins within these nanoseconds
        case 2: return asked_.network(containers_[below(containers_.size())]);
        default:
            if (const auto* known = some(QUELL_BIT(QUELL_STATE_APPROVED))) asked_.ask(request_of(*known, QUELL_STATE_APPROVED), false);
    }
}

}  // namespace quell::model
