// SPDX-License-Identifier: Apache-2.0
#include "user/base/time.h"
#include "user/cli/incident_text.h"
#include "user/cli/show_time.h"

namespace quell::cli {

namespace {

// As kern/abi.h has it (QUELL_EXTEND_MAX_NS): the command knows nothing of the kernel side.
constexpr std::uint64_t kMostS = 7 * 24 * 3600;

}  // namespace

int run_extend(Invocation& invocation) {
    const auto duration = parse_duration(invocation.value("--for"));
    const std::uint64_t seconds = duration ? *duration / static_cast<std::uint64_t>(kNsPerSecond) : 0;
    if (seconds < 1 || seconds > kMostS) {
        invocation.out.note("--for takes a duration from 1s to 7d, such as 30m or 1h30m");
        return kUsage;
    }
    Json parameters = {{"id", invocation.value("ID")}, {"for_s", seconds}};
    if (!put_reason(invocation, parameters)) return kUsage;
    if (invocation.has("--dry-run")) parameters["dry_run"] = true;
    int code = kDone;
    const auto reply = ask(invocation, "Extend", parameters, code);
    if (!reply) return code;
    if (invocation.json) return print_json(invocation, *reply), kDone;
    const Json& incident = control::member(*reply, "incident");
    if (invocation.has("--dry-run")) {
        invocation.out.print(text_of(incident, "id") + " " + text_of(incident, "name") + ": nothing stands against it; a dry run, no deadline was moved\n");
        return kDone;
    }
    invocation.out.print(text_of(incident, "id") + " " + text_of(incident, "name") + ": " + text_of(incident, "state") + " until " +
                         show_time(control::string_member(incident, "deadline"), invocation.utc) + ", " +
                         s_text(control::integer_member(incident, "time_left_s")) + " left\n");
    return kDone;
}

}  // namespace quell::cli
