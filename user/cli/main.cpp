// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>

#include "user/cli/verb.h"

int main(int argc, char** argv) {
    try {
        const int code = quell::cli::run_command_line(argc, argv);
        // A full disk or a closed pipe is a failure, not a silent half answer.
        if (quell::cli::Terminal().flush()) return code;
        std::fputs("quell: standard output could not be written whole\n", stderr);
        return code == quell::cli::kDone ? quell::cli::kFailed : code;
    } catch (const std::exception& thrown) {
        std::fprintf(stderr, "quell: %s\n", quell::cli::safe(thrown.what()).c_str());
        return quell::cli::kFailed;
    }
}
