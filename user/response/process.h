// SPDX-License-Identifier: Apache-2.0
// Signals by pidfd: the number may have been given to another process, the
// start time has not.
#pragma once

#include <vector>

#include "kern/abi.h"
#include "user/base/fd.h"

namespace quell::response {

// True while the process of that number is the one that started then.
[[nodiscard]] bool is_alive(const quell_task_ref& task);

// The process that has this number now, its start to a tick of the clock; its pid is 0 where there is none.
[[nodiscard]] quell_task_ref task_of(quell_u32 pid);

// True while a thread of it runs, or sleeps uninterruptibly: who is frozen, stopped or waits for something does neither.
[[nodiscard]] bool may_run(const quell_task_ref& task);

// A descriptor of that process, and of no later one of its number; closed when it is gone. Never PID 1, never the caller.
[[nodiscard]] Fd open_task(const quell_task_ref& task);

// SIGKILL; false when that process is gone already. Never PID 1, never the caller.
bool kill_task(const quell_task_ref& task);

// Kills until `list` finds nobody any more or the limit is over. What is left
// then. `list` is called again after each round: forks are refused, so that
// every round finds fewer.
template <typename List>
[[nodiscard]] std::vector<quell_task_ref> sweep(List list, std::uint64_t deadline_ns);

}  // namespace quell::response

#include <poll.h>

#include "user/base/time.h"

template <typename List>
std::vector<quell_task_ref> quell::response::sweep(List list, std::uint64_t deadline_ns) {
    for (;;) {
        std::vector<quell_task_ref> left;
        for (const auto& task : list())
            if (kill_task(task) || is_alive(task)) left.push_back(task);
        if (left.empty() || boottime_ns() >= deadline_ns) return left;
        (void)::poll(nullptr, 0, 1);
    }
}
