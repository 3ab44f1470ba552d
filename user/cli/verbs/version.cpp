// SPDX-License-Identifier: Apache-2.0
#include "user/cli/ask.h"

namespace quell::cli {

int run_version(Invocation& invocation) {
    int code = kDone;
    if (!invocation.json) invocation.out.print("quell " QUELL_VERSION "\n");
    const auto reply = ask(invocation, "Version", Json::object(), code);
    if (!reply) return code;
    if (invocation.json) return print_json(invocation, *reply), kDone;
    invocation.out.print("quelld " + text_of(*reply, "version") + " (abi " + std::to_string(control::integer_member(*reply, "abi")) + ")\nkernel " +
                         text_of(*reply, "kernel") + "\n");
    return kDone;
}

}  // namespace quell::cli
