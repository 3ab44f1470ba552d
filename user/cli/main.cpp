// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>

#include "user/cli/verb.h"

int main(int argc, char** argv) {
    try {
        const int code = quell::cli::run_command_line(argc, argv);
        // A full disk or a closed pipe is a failure, not a silent half answer.
        if (std::fflush(stdout) != 0 && code == quell::cli::kDone) return quell::cli::kFailed;
        return code;
    } catch (const std::exception& thrown) {
        std::fprintf(stderr, "quell: %s\n", quell::cli::safe(thrown.what()).c_str());
        return quell::cli::kFailed;
    }
}
