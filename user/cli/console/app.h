// SPDX-License-Identifier: Apache-2.0
// The console as a program: screen, model and daemon put together. One thread,
// which has to be the process's first.
#pragma once

#include <string>

#include "user/base/result.h"
#include "user/cli/console/text.h"

namespace quell::cli::console {

struct Options {
    std::string socket;
    Charset charset = Charset::Utf8;
    bool colours = true;
    bool utc = false;
};

// Until it is left. Errors, for a person: the terminal cannot do it, or went away.
[[nodiscard]] Status run_console(const Options& options);

}  // namespace quell::cli::console
