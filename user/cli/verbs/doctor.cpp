// SPDX-License-Identifier: Apache-2.0
#include "user/cli/doctor_checks.h"

#include "user/base/time.h"
#include "user/cli/ask.h"

namespace quell::cli {

namespace {

// The daemon tries to delete a file that it has to be denied.
Check check_canary(const Invocation& invocation) {
    control::Client client(invocation.socket);
    const auto result = client.call("Status", Json::object(), 1'500);
    if (result.outcome != control::CallOutcome::Reply)
        return {"canary", Health::Bad, "no answer from quelld: " + safe(result.outcome == control::CallOutcome::Remote ? result.error : result.message),
                "systemctl start quelld; as root or an operator"};
    return canary_from(control::member(result.parameters, "status"), wall_ns());
}

std::string health_word(Health health) { return health == Health::Good ? "ok" : health == Health::Bad ? "failed" : "unknown"; }

std::string line_of(const Check& check, const Terminal& out) {
    const std::string word = health_word(check.health);
    const Colour colour = check.health == Health::Good ? Colour::Green : check.health == Health::Bad ? Colour::Red : Colour::Yellow;
    return out.paint(colour, word) + std::string(9 - word.size(), ' ') + check.name + ": " + check.found + (check.remedy.empty() ? "" : "; " + check.remedy) + "\n";
}

}  // namespace

int run_doctor(Invocation& invocation) {
    const Host host = this_host();
    std::vector<Check> checks = {check_kernel(host), check_btf(host), check_lsm(host), check_cgroups(host), check_bpffs(host), check_ftrace(host), check_config(host), check_preemption(host)};
    for (Check& check : check_programs()) checks.push_back(std::move(check));
    checks.push_back(check_canary(invocation));

    bool failed = false;
    Json list = Json::array();
    for (const Check& check : checks) {
        failed |= check.health == Health::Bad;
        Json one = {{"name", check.name}, {"result", health_word(check.health)}, {"found", check.found}};
        if (!check.remedy.empty()) one["remedy"] = check.remedy;
        list.push_back(std::move(one));
        if (!invocation.json && (!check.is_one_of_many || invocation.has("--verbose"))) invocation.out.print(line_of(check, invocation.out));
    }
    if (invocation.json) print_json(invocation, {{"ok", !failed}, {"checks", list}});
    return failed ? kFailed : kDone;
}

}  // namespace quell::cli
