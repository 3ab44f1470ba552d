// SPDX-License-Identifier: Apache-2.0
#include "user/cli/ask.h"

namespace quell::cli {

int run_history_verify(Invocation& invocation) {
    // Hashing a long history takes its time.
    constexpr std::uint64_t kTimeoutMs = 120'000;
    int code = kDone;
    Json parameters = Json::object();
    if (invocation.has("--head")) parameters["head"] = invocation.value("--head");
    const auto reply = ask(invocation, "VerifyHistory", parameters, code, kTimeoutMs);
    if (!reply) return code;
    const bool is_whole = control::true_member(*reply, "ok");
    if (invocation.json) return print_json(invocation, *reply), is_whole ? kDone : kFailed;
    const std::string rows = std::to_string(control::integer_member(*reply, "rows"));
    if (is_whole)
        invocation.out.print(invocation.out.paint(Colour::Green, "ok") + ": " + rows + " rows, the chain is whole\n  head " + text_of(*reply, "head") + "\n" +
                             (parameters.empty() ? "" : "  " + text_of(*reply, "detail") + "\n"));
    else
        invocation.out.print(invocation.out.paint(Colour::Red, "BROKEN") + " at row " + std::to_string(control::integer_member(*reply, "broken_at")) + " of " +
                             rows + ": " + text_of(*reply, "detail") + "\n");
    return is_whole ? kDone : kFailed;
}

}  // namespace quell::cli
