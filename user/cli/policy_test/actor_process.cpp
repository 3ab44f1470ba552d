// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_test/actor_process.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "user/base/files.h"
#include "user/cli/policy_test/entering.h"

namespace quell::cli {

namespace {

constexpr std::size_t kMostProgramBytes = 16u << 20;
constexpr int kTimeoutMs = 20'000;  // an emulated machine, with others beside it

Result<Fd> in_memory(const char* name, const void* data, std::size_t size) {
    Fd file(::memfd_create(name, MFD_CLOEXEC));
    if (!file) return errno_error("cannot make a file in memory");
    if (auto written = write_all(file.get(), std::string_view(static_cast<const char*>(data), size)); !written) return written.error();
    return file;
}

bool make_pipe(Fd& from, Fd& to) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    from = Fd(ends[0]);
    to = Fd(ends[1]);
    return true;
}

}  // namespace

Result<ActorProgram> ActorProgram::read() {
    auto bytes = read_file(QUELL_ACTOR, kMostProgramBytes);
    if (!bytes) return Error{"the program that acts is not there: " + bytes.error().message, 0, "it is part of Quell's installation"};
    auto memory = quell::cli::in_memory("quell-actor", bytes->data(), bytes->size());
    if (!memory) return memory.error();
    return ActorProgram{std::move(*bytes), std::move(*memory)};
}

Result<ActorProcess> ActorProcess::start(const Staging& staging, const Where& where, const ActorProgram& program) {
    ActorProcess actor;
    auto plan = in_memory("quell-plan", staging.plan.get(), sizeof *staging.plan);
    if (!plan) return plan.error();
    Fd go, reports;
    int terminal = -1, end = -1;
    if (!make_pipe(go, actor.go_) || !make_pipe(actor.reports_, reports) || ::openpty(&terminal, &end, nullptr, nullptr, nullptr) != 0) return errno_error("cannot make pipes and a terminal");
    actor.terminal_ = Fd(terminal);
    const Fd slave(end);
    ::fcntl(terminal, F_SETFD, FD_CLOEXEC);
    actor.child_ = ::fork();
    if (actor.child_ < 0) return errno_error("cannot fork");
    if (actor.child_ == 0) {
        // its ends of what it is told by must not keep it waiting for itself
        actor.go_.reset();
        enter({.staging = staging, .where = where, .program = program.bytes, .plan = plan->get(), .neutral = program.in_memory.get(), .go = go.get(), .reports = reports.get(), .terminal = slave.get()});
    }
    actor.pids_ = {::getpid(), actor.child_};
    return actor;
}

Result<act::Report> ActorProcess::next() {
    pollfd ready{reports_.get(), POLLIN, 0};
    int count = 0;
    while ((count = ::poll(&ready, 1, kTimeoutMs)) < 0 && errno == EINTR) {}
    act::Report report{};
    if (count == 0) return Error{"no word of the actor", ETIMEDOUT, {}};
    const ssize_t size = ::read(reports_.get(), &report, sizeof report);
    if (size == 0) return Error{"the actor is gone", EPIPE, {}};  // what it executed has no report to give
    if (size != sizeof report) return errno_error("cannot read what the actor says");
    report.step[sizeof report.step - 1] = '\0';
    pids_.insert(report.pid);
    return report;
}

Status ActorProcess::wait_ready() {
    for (;;) {
        const auto report = next();
        if (!report) return report.error();
        if (report->kind == act::Report::kFailed) return Error{std::string(report->step) + ": " + std::strerror(report->error), report->error, {}};
        if (report->kind != act::Report::kReady) continue;
        pid_ = report->pid;
        return success();
    }
}

Result<int> ActorProcess::act() {
    if (auto told = write_all(go_.get(), "g"); !told) return told.error();
    for (;;) {
        const auto report = next();
        // by executing something else it left the pipe; so it does when it is killed, and then its rule says so
        if (!report && report.error().code == EPIPE) return 0;
        if (!report) return report.error();
        if (report->kind == act::Report::kDone) return report->error;
    }
}

ActorProcess::~ActorProcess() {
    if (child_ <= 0) return;
    go_.reset();
    for (int turn = 0; turn < 500; turn++) {
        if (::waitpid(child_, nullptr, WNOHANG) != 0) return;
        ::usleep(10'000);
    }
    for (const pid_t pid : pids_)
        if (pid != ::getpid()) ::kill(pid, SIGKILL);
    (void)::waitpid(child_, nullptr, 0);
}

}  // namespace quell::cli
