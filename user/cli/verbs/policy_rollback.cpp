// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "user/cli/ask.h"

namespace quell::cli {

int run_policy_rollback(Invocation& invocation) {
    constexpr std::uint64_t kTimeoutMs = 120'000;  // as policy apply
    const bool is_dry = invocation.has("--dry-run");
    Json parameters = {{"dry_run", is_dry}};
    if (invocation.has("GENERATION")) {
        const std::string text = invocation.value("GENERATION");
        std::int64_t generation = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), generation);
        if (error != std::errc{} || end != text.data() + text.size() || generation < 1) {
            invocation.out.note("GENERATION is a number, as quell history has it");
            return kUsage;
        }
        parameters["generation"] = generation;
    }
    int code = kDone;
    const auto reply = ask(invocation, "RollbackPolicy", parameters, code, kTimeoutMs);
    if (!reply) return code;
    if (invocation.json) return print_json(invocation, *reply), kDone;
    for (const Json& finding : control::member(*reply, "findings")) invocation.out.print(finding_text(finding) + "\n");
    const bool is_changed = control::true_member(*reply, "changed");
    const std::string what = is_dry ? (is_changed ? "would roll back" : "would change nothing") : (is_changed ? "rolled back" : "nothing to change");
    invocation.out.print(what + " to generation " + std::to_string(control::integer_member(*reply, "origin")) + ": generation " +
                         std::to_string(control::integer_member(*reply, "generation")) + ", " + std::to_string(control::integer_member(*reply, "rules")) +
                         " rules, " + std::to_string(control::integer_member(*reply, "map_bytes")) + " bytes of maps, digest " +
                         text_of(*reply, "digest").substr(0, 12) + "\n");
    if (is_changed && !is_dry)
        invocation.out.note("the files in the daemon's directory are as they were: a reload or restart applies them again");
    return kDone;
}

}  // namespace quell::cli
