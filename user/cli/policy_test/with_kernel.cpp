// SPDX-License-Identifier: Apache-2.0
// May it be done here, and then: apply, do, put back.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "user/base/escape.h"
#include "user/cli/policy_files.h"
#include "user/cli/policy_test/running_policy.h"
#include "user/cli/policy_test/service.h"
#include "user/cli/policy_test/tested.h"
#include "user/control/varlink.h"

namespace quell::cli {

namespace {

int refuse(Invocation& invocation, const std::string& reason, const std::string& hint) {
    if (invocation.json) print_json(invocation, {{"error", control::errors::kNotAllowed}, {"parameters", {{"reason", reason}}}});
    invocation.out.note("not allowed: " + reason + "\n  hint: " + hint);
    return kNotAllowed;
}

// Everything is done really: files removed, processes killed.
int why_not_here(Invocation& invocation) {
    struct stat found {};
    if (::geteuid() != 0) return refuse(invocation, "scenarios are done as root", "be root, on a machine that is made for tests");
    if (::lstat(kTestMachine, &found) != 0)
        return refuse(invocation, "this is no machine for tests: " + std::string(kTestMachine) + " is not there", "each scenario is done really, on the host's own files; on a machine that may break: touch " + std::string(kTestMachine));
    int code = kDone;
    const auto reply = ask(invocation, "Status", Json::object(), code);
    if (!reply) return code;
    const std::string canary = text_of(control::member(*reply, "status"), "canary");
    if (canary == "denied") return kDone;
    return report_error(invocation, Error{"Quell does not enforce: its canary is " + canary, 0, "quell status"});
}

// The daemon's working directory is not ours.
std::vector<std::string> absolute(const std::vector<std::string>& paths) {
    std::vector<std::string> all;
    for (const std::string& path : paths) all.push_back(std::filesystem::absolute(path).lexically_normal());
    return all;
}

void show(const Invocation& invocation, std::size_t done, std::size_t of, const std::string& name) {
    constexpr std::size_t kBeside = 24;  // the numbers
    const std::string number = std::to_string(done + 1) + "/" + std::to_string(of);
    if (::isatty(STDERR_FILENO)) invocation.out.prompt("\r\033[K" + number + " " + fit(escape(name), invocation.out.columns() - kBeside));
}

void show_nothing(const Invocation& invocation) {
    if (::isatty(STDERR_FILENO)) invocation.out.prompt("\r\033[K");
}

std::optional<KernelOutcome> test_one(Invocation& invocation, control::Client& client, KernelRun& run, const ScenariosToTest& tested) {
    RunningPolicy policy(client, absolute(tested.policies));
    if (auto applied = policy.apply(); !applied) return (void)report_error(invocation, applied.error()), std::nullopt;
    invocation.out.note("applied " + std::to_string(tested.rules.size()) + " rules for the " + std::to_string(tested.scenarios.size()) + " scenarios of " + escape(tested.file));
    auto outcome = run.run(policy, tested.scenarios, tested.rules, [&](std::size_t done, const policy::Scenario& next) { show(invocation, done, tested.scenarios.size(), next.name); });
    show_nothing(invocation);
    const auto back = policy.put_back();
    const auto left = run.clean_up();
    for (const std::string& path : left) invocation.out.note("not put back: " + escape(path));
    if (!back) return (void)report_error(invocation, back.error()), std::nullopt;
    invocation.out.note("the policy that ran before runs again");
    if (!outcome) return (void)report_error(invocation, outcome.error()), std::nullopt;
    if (!left.empty()) return (void)report_error(invocation, Error{"not everything could be put back", 0, {}}), std::nullopt;
    return std::move(*outcome);
}

}  // namespace

std::vector<KernelOutcome> test_with_kernel(Invocation& invocation, const std::vector<ScenariosToTest>& files, int& code) {
    code = why_not_here(invocation);
    if (code != kDone) return {};
    control::Client client(invocation.socket);
    auto run = KernelRun::make(client);
    if (!run) return code = report_error(invocation, run.error()), std::vector<KernelOutcome>{};
    std::vector<KernelOutcome> outcomes;
    for (const ScenariosToTest& tested : files) {
        auto outcome = test_one(invocation, client, *run, tested);
        if (!outcome) return code = kFailed, std::vector<KernelOutcome>{};
        outcomes.push_back(std::move(*outcome));
    }
    return outcomes;
}

}  // namespace quell::cli
