// SPDX-License-Identifier: Apache-2.0
// The kernel side without the daemon, whose own checks come first: entries as
// they are bound, approvals as the transition program judges them.
#pragma once

#include "user/bpf/engine.h"

namespace quell::guest {

// What the daemon asks of the transition program for an incident that waits.
[[nodiscard]] quell_transition approval_of(const bpf::PendingEntry& entry, quell_response response, quell_u32 target = 0);

// Which one of the chain is bound and has this comm; fails the test when there is none.
[[nodiscard]] quell_u32 bound(const quell_pending& entry, const std::string& comm);

class KernelSide {
public:
    // Kills the daemon, and starts it again.
    KernelSide();
    ~KernelSide();
    KernelSide(const KernelSide&) = delete;
    KernelSide& operator=(const KernelSide&) = delete;

    [[nodiscard]] quell_pending entry(const std::string& id) const;
    [[nodiscard]] bpf::PendingEntry find(const std::string& id) const;
    // As it is: the program's answer.
    [[nodiscard]] quell_transition transition(const quell_transition& request);
    [[nodiscard]] std::uint64_t denied(quell_hook hook) const;
    [[nodiscard]] std::uint64_t counter(quell_counter counter) const;
    // Of the incident as it waits: 0 or a negative errno.
    int approve(const std::string& id, quell_response response, quell_u32 target = 0);
    // Any other transition of it.
    int move(const std::string& id, quell_state from, quell_state to);
    // Asks for, approves and ends in that state what another incident is about, for that container: its places, its file in that
    // container alone, of a kill a process that is nobody's. No daemon has told of it. Fails the test where it is refused.
    bpf::PendingEntry bring_about(const bpf::PendingEntry& like, quell_response response, std::uint64_t container, quell_state end);

private:
    std::unique_ptr<bpf::Engine> engine_;
};

}  // namespace quell::guest
