// SPDX-License-Identifier: Apache-2.0
// Without the daemon: what `policy apply` would refuse is found by anybody.
#include "policy/render.h"
#include "user/cli/policy_files.h"

namespace quell::cli {

int run_policy_check(Invocation& invocation) {
    const std::vector<std::string> paths = invocation.all("FILES");
    const auto sources = read_policy_files(invocation, paths);
    if (!sources) return kFailed;
    const auto result = policy::compile(*sources);
    const bool is_valid = result.image.has_value();
    if (invocation.json) {
        Json reply = {{"valid", is_valid}, {"findings", policy::findings_to_json(result.findings)}};
        if (is_valid) {
            reply["rules"] = result.image->own_rules();
            reply["digest"] = result.image->digest;
        }
        print_json(invocation, reply);
        return is_valid ? kDone : kFailed;
    }
    invocation.out.print(policy::render_text(result.findings, invocation.out.colours()));
    if (is_valid)
        invocation.out.print("ok: " + std::to_string(result.image->own_rules()) + " rules\n");
    return is_valid ? kDone : kFailed;
}

}  // namespace quell::cli
