// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_test/entering.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "kern/abi.h"
#include "user/base/files.h"

namespace quell::cli {

namespace {

[[noreturn]] void fail(const Entering& entering, const std::string& step, int error) {
    act::Report report{act::Report::kFailed, ::getpid(), error, {}};
    std::strncpy(report.step, step.c_str(), sizeof report.step - 1);
    (void)!::write(entering.reports, &report, sizeof report);
    ::_exit(1);
}

// A message that ends in what errno says already.
[[noreturn]] void fail(const Entering& entering, const Error& error) {
    const std::string end = std::string(": ") + std::strerror(error.code);
    const bool is_said = error.code != 0 && error.message.ends_with(end);
    fail(entering, is_said ? error.message.substr(0, error.message.size() - end.size()) : error.message, error.code != 0 ? error.code : EINVAL);
}

// It goes along with every fork and execution. The process that has one may not be allowed to lose it.
void set_login(const Entering& entering) {
    const std::uint32_t wanted = entering.staging.plan->numbers[QUELL_FIELD_LOGINUID];
    const auto now = read_file("/proc/self/loginuid", 64);
    const std::string text = std::to_string(wanted);
    if (now && *now == text) return;
    const Fd file(::open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC));
    if (!file || !write_all(file.get(), text)) fail(entering, "setting the login's user id", errno);
}

void change_root(const Entering& entering, const std::string& root) {
    if (::chdir(root.c_str()) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0 || ::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0)
        fail(entering, "changing the root", errno);
}

void become_container(const Entering& entering, int& listener) {
    const ContainerPlace& place = *entering.where.container;
    auto entrance = place.entrance();
    if (!entrance) fail(entering, entrance.error());
    if (::unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        fail(entering, "namespaces of a container", errno);
    if (auto mounted = place.mount_layers(); !mounted) fail(entering, mounted.error());
    for (const Thing& thing : entering.where.upper) {
        if (auto above = make_directories(place.root() + thing.path, nullptr); !above) fail(entering, above.error());
        if (auto made = make_thing(place.root(), thing, entering.program); !made) fail(entering, made.error());
    }
    if (entering.where.listener != nullptr) {
        auto held = listen_at(place.root() + entering.where.listener->path, *entering.where.listener);
        if (!held) fail(entering, held.error());
        listener = held->release();
    }
    change_root(entering, place.root());
    // last: what was done up to here was the host's, and is nobody's who acts
    if (auto entered = write_all(entrance->get(), "0"); !entered) fail(entering, entered.error());
}

// Those of the actor at its numbers, and no other but standard error.
void arrange_descriptors(const Entering& entering, int listener) {
    const std::pair<int, int> all[] = {{entering.plan, act::kPlanFd}, {entering.neutral, act::kNeutralFd}, {entering.go, act::kGoFd},
                                       {entering.reports, act::kReportFd}, {entering.terminal, act::kTerminalFd}, {listener, act::kListenerFd}};
    for (const auto& [from, to] : all)
        if (from >= 0 && ::dup2(from, to) < 0) fail(entering, "arranging descriptors", errno);
    ::syscall(SYS_close_range, 3u, unsigned{act::kPlanFd} - 1, 0u);
    ::syscall(SYS_close_range, unsigned{act::kLastFd} + 1, ~0u, 0u);
}

}  // namespace

void enter(const Entering& entering) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::umask(0);
    int listener = -1;
    set_login(entering);
    if (entering.where.container != nullptr)
        become_container(entering, listener);
    else if (::chdir("/") != 0)
        fail(entering, "going to /", errno);
    arrange_descriptors(entering, listener);
    const unsigned stage = entering.staging.first_stage;
    char name[32];
    std::snprintf(name, sizeof name, "%s:%u", act::kActorName, stage);
    char* argv[] = {name, nullptr};
    char* envp[] = {nullptr};
    const char* path = entering.staging.plan->executables[stage];
    if (path[0] != '\0')
        ::execve(path, argv, envp);
    else
        ::syscall(SYS_execveat, act::kNeutralFd, "", argv, envp, AT_EMPTY_PATH);
    const Entering inside{entering.staging, entering.where, entering.program, act::kPlanFd, act::kNeutralFd, act::kGoFd, act::kReportFd, act::kTerminalFd};
    fail(inside, "starting the actor", errno);
}

}  // namespace quell::cli
