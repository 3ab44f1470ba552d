// SPDX-License-Identifier: Apache-2.0
// quell-actor: does one operation as a scenario describes it. Started by
// `quell policy test --kernel` alone: without its plan it does nothing, as
// when it is the object that a scenario executes.
//
// Each process of the chain, the outermost first, forks the next one, which
// executes what the scenario calls it, and waits for its end.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "kern/abi.h"
#include "user/cli/policy_test/actor/actor.h"

namespace quell::act {

void report(Report::Kind kind, int error, const char* step) {
    Report told{kind, getpid(), error, {}};
    std::strncpy(told.step, step, sizeof told.step - 1);
    // whoever asked is gone: nobody wants to know
    if (write(kReportFd, &told, sizeof told) < 0) _exit(1);
}

void give_up(const char* step) {
    report(Report::kFailed, errno, step);
    _exit(1);
}

void run_stage(const char* path, unsigned stage) {
    char name[32];
    std::snprintf(name, sizeof name, "%s:%u", kActorName, stage);
    char* argv[] = {name, nullptr};
    char* envp[] = {nullptr};
    if (path[0] != '\0')
        execve(path, argv, envp);
    else
        syscall(SYS_execveat, kNeutralFd, "", argv, envp, AT_EMPTY_PATH);
    give_up(path[0] != '\0' ? path : "starting a process without a path");
}

namespace {

constexpr unsigned kTargetStage = kStages;  // the process that is acted on

const Plan* plan_there() {
    void* memory = mmap(nullptr, sizeof(Plan), PROT_READ, MAP_SHARED, kPlanFd, 0);
    return memory == MAP_FAILED ? nullptr : static_cast<const Plan*>(memory);
}

[[noreturn]] void act(const Plan& plan) {
    // a session of its own: with the terminal, or with none
    setsid();
    if (plan.numbers[QUELL_FIELD_TERMINAL] != 0 && ioctl(kTerminalFd, TIOCSCTTY, 0) != 0) give_up("taking the terminal");
    prepare(plan);
    become(plan);
    report(Report::kReady, 0, "");
    char word = 0;
    if (read(kGoFd, &word, 1) != 1) _exit(1);
    report(Report::kDone, perform(plan), "");
    // until the answer was looked for: the process is there, and so is its container
    while (read(kGoFd, &word, 1) > 0) {}
    _exit(0);
}

// The next one, in a new process; in the chain everybody but the last one waits.
void descend(const Plan& plan, unsigned stage) {
    while (stage + 1 < kStages) {
        const pid_t child = fork();
        if (child < 0) give_up("forking");
        if (child > 0) {
            // traced by the last one, it would be told of its stops here
            while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {}
            _exit(0);
        }
        report(Report::kBegun, 0, "");
        const char* path = plan.executables[++stage];
        // without a path, and so is who forked it: it runs the right program already
        if (path[0] != '\0' || plan.executables[stage - 1][0] != '\0') run_stage(path, stage);
    }
    act(plan);
}

}  // namespace
}  // namespace quell::act

int main(int, char** argv) {
    using namespace quell::act;
    const std::size_t length = std::strlen(kActorName);
    if (argv[0] == nullptr || std::strncmp(argv[0], kActorName, length) != 0 || argv[0][length] != ':') return 0;
    const unsigned stage = static_cast<unsigned>(std::atoi(argv[0] + length + 1));
    if (stage == kTargetStage) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        // a parent that has ended before sends no signal any more: then nobody reads this, and it ends by SIGPIPE
        if (write(kWaitsFd, "w", 1) != 1) return 0;
        close(kWaitsFd);
        for (;;) pause();
    }
    const Plan* plan = plan_there();
    if (plan == nullptr) return 0;
    descend(*plan, stage);
}
