// SPDX-License-Identifier: Apache-2.0
// Trace: what the kernel did meanwhile, by its own tracing; its clock is the CPU's counter, as now() reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quell::guest {

struct Traced {
    std::uint64_t at = 0;
    int thread = 0;
    std::string comm, what;  // "sys_bpf(cmd: a, …", "sys_bpf -> 0x0", "sched_process_exit: comm=…"
};

class Trace {
public:
    // Events such as "sched/sched_process_exit". Of bpf() only where a program is run. Fails the test for one that the kernel has not.
    explicit Trace(const std::vector<std::string>& events);
    ~Trace();
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;

    // What there was, in its order; fails the test if something was lost. Once.
    [[nodiscard]] std::vector<Traced> end();

private:
    bool is_on_ = false;
};

// What shows a flip: the runs of programs and the canary's removal.
extern const std::vector<std::string> kFlipEvents;

struct Flip {
    std::uint64_t begun = 0, done = 0;  // its program's run, as the daemon sees it
};
// Of an approval that was asked for at `asked`: the first run of a program after the canary was tried, which for evidence it is not.
// Nothing when there is none.
[[nodiscard]] std::optional<Flip> flip_of(const std::vector<Traced>& events, std::uint64_t asked, bool tries_canary = true);

}  // namespace quell::guest
