// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "user/cli/ask.h"
#include "user/cli/table.h"

namespace quell::cli {

int run_policy_list(Invocation& invocation) {
    int code = kDone;
    const auto reply = ask(invocation, "ListPolicies", Json::object(), code);
    if (!reply) return code;
    if (invocation.json) return print_json(invocation, *reply), kDone;
    Table table({{"POLICY", 10}, {"VERSION", 7}, {"RULES", 5}, {"FILE", 20}, {"IDS", 10, 1}});
    for (const Json& policy : control::member(*reply, "policies")) {
        const Json& observed = control::member(policy, "observed");
        std::string ids;
        const auto add = [&](const Json& id, const char* mode) {
            if (id.is_string()) ids += (ids.empty() ? "" : ",") + safe(id.get<std::string>()) + mode;
        };
        for (const Json& id : control::member(policy, "rule_ids"))
            add(id, observed.is_array() && std::find(observed.begin(), observed.end(), id) != observed.end() ? " (observe)" : "");
        for (const Json& id : control::member(policy, "off")) add(id, " (off)");
        table.add({text_of(policy, "name"), text_of(policy, "version"), std::to_string(control::integer_member(policy, "rules")), text_of(policy, "file"), ids});
    }
    invocation.out.print("generation " + std::to_string(control::integer_member(*reply, "generation")) + "\n" +
                         (table.empty() ? "No policies.\n" : table.text(invocation.out.columns())));
    return kDone;
}

}  // namespace quell::cli
