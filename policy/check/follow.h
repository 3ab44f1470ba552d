// SPDX-License-Identifier: Apache-2.0
// `follow`: for how long what is approved of a rule's incident follows its
// workload, where the response can and who approves says nothing else.
#pragma once

#include <cstdint>

#include "policy/check/checked.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// The responses that may follow: those of which Response::follows() says so (user/response/response.h).
inline constexpr std::uint32_t kFollowing = QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK) | QUELL_BIT(QUELL_RESPONSE_DENY_WRITE) | QUELL_BIT(QUELL_RESPONSE_DENY_EXEC);

// The key of `respond`, when the offers are read. Thread-safe.
void read_follow(const Node* value, Rule& rule, Findings& findings);

}  // namespace quell::policy
