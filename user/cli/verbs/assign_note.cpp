// SPDX-License-Identifier: Apache-2.0
#include "user/cli/incident_text.h"
#include "user/control/varlink.h"

namespace quell::cli {

namespace {

int say(Invocation& invocation, std::string_view method, Json parameters) {
    const bool is_dry = invocation.has("--dry-run");
    if (is_dry) parameters["dry_run"] = true;
    int code = kDone;
    const auto reply = ask(invocation, method, parameters, code);
    if (!reply) return code;
    if (invocation.json) return print_json(invocation, *reply), kDone;
    const Json& incident = control::member(*reply, "incident");
    const std::string whose = text_of(incident, "assigned_to");
    const std::string what = is_dry ? "nothing stands against it; a dry run, nothing was changed" : method == "Note" ? "noted" : whose.empty() ? "assigned to nobody" : "assigned to " + whose;
    invocation.out.print(text_of(incident, "id") + " " + text_of(incident, "name") + ": " + what + "\n");
    return kDone;
}

}  // namespace

int run_assign(Invocation& invocation) {
    const std::string user = invocation.value("USER");
    return say(invocation, "Assign", {{"id", invocation.value("ID")}, {"user", user == "-" ? "" : user}});
}

int run_note(Invocation& invocation) {
    const std::string text = invocation.value("TEXT");
    if (text.empty() || text.size() > control::kReasonSizeMax) {
        invocation.out.note("TEXT: from 1 to " + std::to_string(control::kReasonSizeMax) + " bytes, this one has " + std::to_string(text.size()));
        return kUsage;
    }
    return say(invocation, "Note", {{"id", invocation.value("ID")}, {"text", text}});
}

}  // namespace quell::cli
