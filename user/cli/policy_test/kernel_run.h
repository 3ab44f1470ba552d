// SPDX-License-Identifier: Apache-2.0
// Scenarios against the kernel side: each is really done, on this machine,
// which is made for tests. One thread, and no other in this process.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "policy/scenario/scenario.h"
#include "user/base/result.h"
#include "user/control/client.h"
#include "user/cli/policy_test/actor_process.h"
#include "user/cli/policy_test/host_things.h"
#include "user/cli/policy_test/observer.h"
#include "user/cli/policy_test/running_policy.h"
#include "user/cli/policy_test/scratch.h"
#include "user/cli/policy_test/staging.h"

namespace quell::cli {

struct NotTried {
    std::string scenario;
    policy::Location where;
    std::string reason;
};

struct KernelOutcome {
    std::vector<policy::ScenarioFailure> failures;
    std::vector<NotTried> not_tried;
};

// Whoever may come here has made the machine one for tests by this file.
inline constexpr const char* kTestMachine = "/etc/quell/test-machine";

class KernelRun {
public:
    using Progress = std::function<void(std::size_t done, const policy::Scenario& next)>;

    // The errors say what lacks: a directory to work in, the actor's program.
    [[nodiscard]] static Result<KernelRun> make(control::Client& client);

    // The policy runs already; `rules` are its own. What they keep us from making on the host is made while it does not run
    // for a moment. An error: the daemon is gone. Those that come after somebody asked
    // for the end are not tried.
    [[nodiscard]] Result<KernelOutcome> run(RunningPolicy& policy, const std::vector<policy::Scenario>& scenarios, const std::vector<policy::Rule>& rules, const Progress& progress);
    // When the policy no longer runs: takes back what an error has left. What could not be, for a person.
    [[nodiscard]] std::vector<std::string> clean_up();

private:
    KernelRun(control::Client& client, ActorProgram program, Scratch scratch);

    // What fired, or why it was not tried: then the error's code is 0.
    [[nodiscard]] Result<std::set<std::string>> attempt(RunningPolicy& policy, const policy::Scenario& scenario, const std::vector<policy::Rule>& rules);
    [[nodiscard]] Result<std::set<std::string>> observe(const policy::Scenario& scenario, pid_t who, int error);
    [[nodiscard]] Result<std::set<std::string>> on_host(RunningPolicy& policy, const policy::Scenario& scenario, const Staging& staging);
    [[nodiscard]] Result<Fd> put_all(const Staging& staging);
    [[nodiscard]] Status take_back(RunningPolicy& policy);
    [[nodiscard]] Result<std::set<std::string>> in_container(const policy::Scenario& scenario, const Staging& staging);
    [[nodiscard]] Result<std::set<std::string>> acted(const policy::Scenario& scenario, ActorProcess& actor);

    std::unique_ptr<Observer> observer_;
    ActorProgram program_;
    Scratch scratch_;
    std::unique_ptr<HostThings> things_;
    std::set<pid_t> pids_;  // of the scenario that is done
};

}  // namespace quell::cli
