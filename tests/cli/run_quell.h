// SPDX-License-Identifier: Apache-2.0
// Runs the built `quell`, with pipes or with a terminal of its own.
#pragma once

#include <string>
#include <vector>

namespace quell::cli {

struct Ran {
    int code = -1;  // -1: killed, or not within 20 s
    std::string out;
    std::string err;
};

// Standard input is the file `input`. `environment`: "NAME=value", besides TZ=UTC and TERM=xterm.
[[nodiscard]] Ran run_quell(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {},
                            const std::string& input = "/dev/null");

// All three on a pseudo-terminal; `input` is typed. `out` is what was shown.
[[nodiscard]] Ran run_quell_on_terminal(const std::vector<std::string>& arguments, const std::string& input,
                                        const std::vector<std::string>& environment = {});

}  // namespace quell::cli
