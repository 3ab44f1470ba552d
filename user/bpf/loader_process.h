// SPDX-License-Identifier: Apache-2.0
// LoaderProcess: loads programs for a daemon that may do so no longer. It is
// started before the daemon gives up its capabilities, keeps what loading
// takes, takes nothing but numbers, of hooks and of elements, and ends when the daemon does
// (docs/design/019-a-loader-beside-the-daemon.md).
#pragma once

#include <cstdint>
#include <string>

#include "user/base/fd.h"
#include "user/base/result.h"
#include "user/bpf/policy_maps.h"

namespace quell::bpf {

// One at a time asks: not thread-safe.
class LoaderProcess {
public:
    LoaderProcess() = default;
    // Runs `program --loader PIN_ROOT`, whose standard input is a socket to us.
    [[nodiscard]] static Result<LoaderProcess> start(const std::string& program, const std::string& pin_root);

    // Programs that are not pinned yet, and maps; waits for the verifier, which in a virtual machine without hardware support
    // takes seconds for each. What was wrong is in the log. EPIPE: the process has ended, or
    // did not answer in time, after which it is not asked again: its answer would be taken for that of the next question.
    [[nodiscard]] Status load(const LoadRequest& request);

private:
    Fd socket_;
};

// What the process does: answers until the other end is closed. Each load in a child of its own, so that its memory is
// given back. Returns the exit status.
[[nodiscard]] int serve_loader(const std::string& pin_root, int socket);

}  // namespace quell::bpf
