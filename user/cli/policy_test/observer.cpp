// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_test/observer.h"

#include <algorithm>
#include <array>

#include "policy/scenario/scenario.h"
#include "user/base/vocabulary.h"
#include "user/cli/policy_test/service.h"

namespace quell::cli {

using control::Json;

Result<Json> Observer::call(std::string_view method, const Json& parameters) { return reply_of(client_, method, parameters); }

Result<std::set<std::string>> Observer::fired(pid_t who, std::uint32_t operation, bool all) {
    const auto reply = call("Incidents", {{"all", all}});
    if (!reply) return reply.error();
    std::set<std::string> rules;
    for (const Json& incident : control::member(*reply, "incidents")) {
        if (control::integer_member(control::member(incident, "process"), "pid") != who || control::string_member(incident, "operation") != word_at(kOperationWords, operation)) continue;
        const bool is_sure = control::string_member(incident, "doubt").empty();
        rules.insert(control::string_member(incident, "policy") + "/" + control::string_member(incident, "rule") + std::string(is_sure ? "" : policy::kInDoubt));
    }
    return rules;
}

Status Observer::forget(const std::set<pid_t>& pids) {
    const auto reply = call("Incidents", {{"all", false}});
    if (!reply) return reply.error();
    for (const Json& incident : control::member(*reply, "incidents")) {
        if (!pids.contains(static_cast<pid_t>(control::integer_member(control::member(incident, "process"), "pid")))) continue;
        // it may be over meanwhile, with its container
        (void)call("Reject", {{"id", control::string_member(incident, "id")}, {"reason", "a scenario of quell policy test"}});
    }
    return success();
}

Result<std::int64_t> Observer::lost() {
    constexpr std::array<std::string_view, 3> kCounters = {"pending-subject", "pending-full", "ring-dropped"};
    const auto reply = call("Status", Json::object());
    if (!reply) return reply.error();
    std::int64_t lost = 0;
    for (const Json& counter : control::member(control::member(*reply, "status"), "counters"))
        if (std::ranges::count(kCounters, control::string_member(counter, "name"))) lost += control::integer_member(counter, "value");
    return lost;
}

}  // namespace quell::cli
