// SPDX-License-Identifier: Apache-2.0
// Evidence as an operator takes it: a policy that offers it, an approval, what
// the store and the history have of it.
#pragma once

#include <string>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {

// Rules on opens for reading and on removals below /srv/data, which offer evidence, quarantine-file and kill-container.
void apply_evidence_policy();

// Approves, and expects it to end in done.
void take(const std::string& id, const std::string& response);
// The content, exported by root.
[[nodiscard]] std::string content_of(const std::string& id);
// Its manifest, from the daemon.
[[nodiscard]] Json manifest_of(const std::string& id);
// `quell evidence show` says that there is none of it.
[[nodiscard]] bool has_evidence(const std::string& id);

}  // namespace quell::guest
