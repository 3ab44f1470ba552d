// SPDX-License-Identifier: Apache-2.0
// Approving several incidents at once. One thread.
#pragma once

#include "user/cli/verb.h"

namespace quell::cli {

// `quell approve --select … RESPONSE`; an exit code. One call for each
// incident, one after the other: each is checked, answered and told in the
// history like any other approval, the daemon holds one of them at a time and
// serves others in between, and an end in the middle leaves the rest undecided.
[[nodiscard]] int approve_selected(Invocation& invocation);

}  // namespace quell::cli
