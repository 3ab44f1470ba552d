// SPDX-License-Identifier: Apache-2.0
#include "user/cli/incident_text.h"

namespace quell::cli {

int run_show(Invocation& invocation) {
    int code = kDone;
    const auto reply = ask(invocation, "Show", {{"id", invocation.value("ID")}}, code);
    if (!reply) return code;
    if (invocation.json) return print_json(invocation, *reply), kDone;
    invocation.out.print(incident_text(control::member(*reply, "incident"), invocation));
    return kDone;
}

}  // namespace quell::cli
