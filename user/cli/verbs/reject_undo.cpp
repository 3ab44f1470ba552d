// SPDX-License-Identifier: Apache-2.0
#include "user/cli/incident_text.h"

namespace quell::cli {

namespace {

// Reject and Undo differ in the method only.
int decide(Invocation& invocation, std::string_view method) {
    Json parameters = {{"id", invocation.value("ID")}};
    if (!put_reason(invocation, parameters)) return kUsage;
    if (invocation.has("--dry-run")) parameters["dry_run"] = true;
    int code = kDone;
    const auto reply = ask(invocation, method, parameters, code);
    if (!reply) return code;
    if (invocation.json) return print_json(invocation, *reply), kDone;
    const Json& incident = control::member(*reply, "incident");
    const std::string note = text_of(incident, "note");
    if (invocation.has("--dry-run")) {
        invocation.out.print(text_of(incident, "id") + " " + text_of(incident, "name") + ": nothing stands against it; a dry run, nothing was decided\n");
        return kDone;
    }
    invocation.out.print(text_of(incident, "id") + " " + text_of(incident, "name") + ": " + text_of(incident, "state") + "\n" +
                         (note.empty() ? "" : "  " + note + "\n") + parts_text(*reply));
    return kDone;
}

}  // namespace

int run_reject(Invocation& invocation) { return decide(invocation, "Reject"); }
int run_undo(Invocation& invocation) { return decide(invocation, "Undo"); }

}  // namespace quell::cli
