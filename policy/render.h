// SPDX-License-Identifier: Apache-2.0
// Findings for people and for programs. Both are safe to print: what came
// from a file is escaped. Thread-safe.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "policy/finding.h"

namespace quell::policy {

//   policy.d/a.yaml:7:14: error Q1204: the pattern '*.log' is not yet supported
//       7 |       path: [/var/log/*.log]
//         |              ^~~~~~~~~~~~~~
//         = use an exact path, or end the path with /* or /**
[[nodiscard]] std::string render_text(std::span<const Finding> findings, bool colour);

// An array of {code, severity, title, file, line, column, message, hint,
// text}; file, line and column are missing where a finding is about no place,
// hint and text where they are empty.
[[nodiscard]] nlohmann::json findings_to_json(std::span<const Finding> findings);

}  // namespace quell::policy
