// SPDX-License-Identifier: Apache-2.0
// The words of a command line, before they are parsed. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "user/base/result.h"
#include "user/cli/verb.h"

namespace quell::cli {

// CLI11 takes the next word for the value of an option whose own is missing,
// also where it was written as "--reason=": a script whose variable is empty
// would have "--dry-run" for a reason, and no dry run. So "--name=" becomes
// "--name" and an empty word. A value that is the name of an option is an
// error (it says how to mean it). Words behind "--" stay as they are.
[[nodiscard]] Result<std::vector<std::string>> command_words(std::span<const char* const> words, const std::vector<Verb>& verbs);

}  // namespace quell::cli
