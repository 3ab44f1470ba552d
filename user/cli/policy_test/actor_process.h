// SPDX-License-Identifier: Apache-2.0
// ActorProcess: the processes of one scenario, from their start until they
// are gone. Needs root. One thread, and no other in this process: it forks.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <utility>

#include "user/base/fd.h"
#include "user/base/result.h"
#include "user/cli/policy_test/scratch.h"
#include "user/cli/policy_test/staging.h"

namespace quell::cli {

// What acts: as it is copied to the paths that scenarios name, and as a file in memory, which has none.
struct ActorProgram {
    std::string bytes;
    Fd in_memory;

    [[nodiscard]] static Result<ActorProgram> read();
};

class ActorProcess {
public:
    // `container`: nullptr on the host. `upper`: made in the container's upper layer.
    struct Where {
        const ContainerPlace* container = nullptr;
        const Thing* listener = nullptr;  // made in the container: somebody has to hold it
        std::vector<Thing> upper = {};
    };
    [[nodiscard]] static Result<ActorProcess> start(const Staging& staging, const Where& where, const ActorProgram& program);
    ActorProcess(ActorProcess&& other) noexcept
        : go_(std::move(other.go_)), reports_(std::move(other.reports_)), terminal_(std::move(other.terminal_)), child_(std::exchange(other.child_, 0)), pid_(other.pid_), pids_(std::move(other.pids_)) {}
    ActorProcess& operator=(ActorProcess&&) = delete;
    ~ActorProcess();

    // Until who acts waits for the word.
    [[nodiscard]] Status wait_ready();
    // The operation's errno, 0 when it did what was asked.
    [[nodiscard]] Result<int> act();

    // Who acts; 0 before it is ready.
    [[nodiscard]] pid_t pid() const { return pid_; }
    // All that there were, this program included, which makes what the scenario needs.
    [[nodiscard]] const std::set<pid_t>& pids() const { return pids_; }

private:
    ActorProcess() = default;
    [[nodiscard]] Result<act::Report> next();

    Fd go_, reports_, terminal_;
    pid_t child_ = 0, pid_ = 0;
    std::set<pid_t> pids_;
};

}  // namespace quell::cli
