// SPDX-License-Identifier: Apache-2.0
// What the documentation says of a containment's life, once more, as plainly
// as it can be said: neither the kernel side's table nor its code is used.
// One thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "kern/abi.h"
#include "tests/bpf/transition_machine.h"

namespace quell::model {

using Key = std::tuple<std::uint64_t, std::uint64_t, std::uint32_t, std::uint32_t>;  // rule, container, actor, turn
[[nodiscard]] Key key_of(const quell_pending_key& key);

inline constexpr quell_u32 kAboutObjects[] = {QUELL_RESPONSE_DENY_WRITE, QUELL_RESPONSE_DENY_EXEC};

struct Entry {
    std::uint64_t incident = 0, deadline_ns = 0, file = 0, place = 0;
    quell_u32 state = QUELL_STATE_PENDING, offers = 0, object_flags = 0, response = 0, target = 0, wanted = 0, held = 0;
    std::array<std::uint64_t, QUELL_CHAIN_MAX> actors{};
    bool is_doubted = false, is_approved = false, contains = false;

    [[nodiscard]] bool waits() const { return state == QUELL_STATE_ARMING || state == QUELL_STATE_PENDING; }
    [[nodiscard]] bool holds() const { return state == QUELL_STATE_APPROVED || state == QUELL_STATE_ENFORCING; }
    [[nodiscard]] bool may_hold() const { return holds() || (state == QUELL_STATE_FAILED && is_approved); }
    // Frozen by it, which only a daemon can take back: it stays for that.
    [[nodiscard]] bool holds_object() const { return held & (QUELL_BIT(QUELL_RESPONSE_DENY_WRITE) | QUELL_BIT(QUELL_RESPONSE_DENY_EXEC)); }
    // What it was approved for refuses that, too, and from the flip on it holds nothing beside.
    [[nodiscard]] bool covers(quell_u32 which) const { return which == QUELL_RESPONSE_DENY_EXEC && response == QUELL_RESPONSE_QUARANTINE_FILE; }
    [[nodiscard]] bool is_kept() const { return may_hold() || (!waits() && (held & QUELL_BIT(QUELL_RESPONSE_PAUSE_CONTAINER))); }
    [[nodiscard]] std::uint64_t actor() const { return actors[target % QUELL_CHAIN_MAX]; }
};

struct Container {
    bool is_protected = false;
    std::uint64_t contained = 0, paused = 0;
    int waiting = 0;
};

class Model {
public:
    // Of several that hold what one leaves, any may be the one that holds it from then on: it says which.
    using Choose = std::function<std::uint64_t(const std::set<std::uint64_t>& incidents)>;

    // 0 or a negative errno.
    int ask(const quell_transition& request, bool caller_descends, const Choose& chosen);
    void container(std::uint64_t id, bool is_protected) { containers[id].is_protected = is_protected; }
    void container_ends(std::uint64_t id);
    void file_ends(std::uint64_t file);
    // `key`: its turn is set. `made`: its word is not.
    // Whether its network is cut when somebody of it uses it. Where it may be cut or not (`late`): as `seen`.
    bool network(std::uint64_t container, bool seen);
    int detect(quell_pending_key& key, const quell_pending& made, quell_u32 armed);

    std::map<Key, Entry> entries;
    std::map<std::uint64_t, Container> containers;
    std::map<std::uint64_t, std::uint64_t> actors, files;  // which incident holds them
    std::map<std::uint64_t, std::uint64_t> isolations;     // by container; 0: those who wait
    std::map<std::uint64_t, std::uint64_t> denied;         // containers that may not write: by which incident
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> denied_executables;  // by file and by container, 0: denied to anyone
    using Held = std::tuple<std::uint64_t, std::uint64_t, quell_u32>;  // object, container, response
    std::map<Held, std::uint64_t> held_objects;  // until when
    std::set<std::uint64_t> late;  // of these: who held it has lost its file: lifted at its deadline, or when it is forgotten
    std::map<std::pair<quell_u32, quell_u32>, std::uint64_t> taken;  // how often, by state and command
    std::uint64_t now_ns = 10'000'000'000, next_incident = 1;
    int waiting = 0, host = 0;

private:
    void move(Entry& entry, const Key& key, quell_command command, quell_u32 to);
    [[nodiscard]] int contain(Entry& entry, const Key& key);
    [[nodiscard]] int why_not_approved(const Entry& entry, const Key& key, const quell_transition& request, bool caller_descends) const;
    void release(const Entry& entry, const Key& key, const Choose& chosen);
    [[nodiscard]] bool takes_room(std::uint64_t container);
    void forget_over();
    // Those who wait want it cut until one of them decides, or nobody waits any more.
    [[nodiscard]] bool is_wanted(std::uint64_t container) const;
    void lift(std::uint64_t container);
    // Of the objects that an entry holds: at least until then; no longer by it.
    void keep(const Entry& entry, std::uint64_t container, std::uint64_t until_ns);
    void lift_objects(const Entry& entry, std::uint64_t container, bool covered_only = false);
    [[nodiscard]] int hold(Entry& entry, std::uint64_t container, quell_u32 response);
    void hold_here(Entry& entry, std::uint64_t container, quell_u32 armed);

    std::uint64_t reclaimed_ns_ = 0;
};

}  // namespace quell::model
