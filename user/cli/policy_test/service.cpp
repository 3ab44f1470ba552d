// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_test/service.h"

#include "user/cli/ask.h"

namespace quell::cli {

Result<control::Json> reply_of(control::Client& client, std::string_view method, const control::Json& parameters, std::uint64_t timeout_ms) {
    auto result = client.call(method, parameters, timeout_ms);
    if (result.outcome == control::CallOutcome::Reply) return std::move(result.parameters);
    return Error{failure_text(result), 0, {}};
}

}  // namespace quell::cli
