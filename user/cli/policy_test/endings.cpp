// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_test/endings.h"

#include <initializer_list>

namespace quell::cli {

namespace {

// And SIGPIPE: an actor that is gone is an error of its pipe.
sigset_t held() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) sigaddset(&set, signal);
    return set;
}

}  // namespace

Endings::Endings() {
    const sigset_t set = held();
    ::sigprocmask(SIG_BLOCK, &set, &before_);
}

// What came ends the program now, as it would have.
Endings::~Endings() {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    const timespec now{};
    (void)::sigtimedwait(&pipe, nullptr, &now);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

bool Endings::asked() {
    sigset_t pending;
    ::sigpending(&pending);
    return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGHUP) == 1;
}

}  // namespace quell::cli
