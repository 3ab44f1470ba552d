// SPDX-License-Identifier: Apache-2.0
#include "user/cli/status_text.h"

namespace quell::cli {

int run_status(Invocation& invocation) {
    constexpr std::uint64_t kTimeoutMs = 1'500;  // then the page has to do
    control::Client client(invocation.socket);
    const auto result = client.call("Status", Json::object(), kTimeoutMs);
    if (result.outcome == control::CallOutcome::Reply) {
        if (invocation.json) return print_json(invocation, result.parameters), kDone;
        invocation.out.print(status_text(control::member(result.parameters, "status"), invocation));
        return kDone;
    }
    if (result.outcome != control::CallOutcome::Unreachable) return report_failure(invocation, result);
    const auto page = control::read_status_page(invocation.status_page());
    if (!page) {
        const int code = report_failure(invocation, result);
        if (page.error().code != ENOENT) invocation.out.note(safe(page.error().message));
        return code;
    }
    // Said, but never taken for an answer: exit 3.
    if (invocation.json)
        print_json(invocation, {{"error", "io.quell.cli.NotReachable"}, {"parameters", {{"reason", result.message}, {"page", page_json(*page)}}}});
    else
        invocation.out.print(page_text(*page));
    invocation.out.note(silence_text(*page));
    return kNotReachable;
}

}  // namespace quell::cli
