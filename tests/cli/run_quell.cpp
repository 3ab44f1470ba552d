// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/run_quell.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "user/base/fd.h"

namespace quell::cli {

namespace {

constexpr int kTimeoutMs = 120'000;

// In the child: only calls that are safe after fork.
[[noreturn]] void become_quell(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
    std::vector<char*> argv{const_cast<char*>("quell")};
    for (const std::string& one : arguments) argv.push_back(const_cast<char*>(one.c_str()));
    argv.push_back(nullptr);
    std::vector<char*> envp;
    for (const std::string& one : environment) envp.push_back(const_cast<char*>(one.c_str()));  // the first of a name counts
    for (const char* one : {"TZ=UTC", "TERM=xterm"}) envp.push_back(const_cast<char*>(one));
    envp.push_back(nullptr);
    execve(QUELL_PROGRAM, argv.data(), envp.data());
    _exit(127);
}

// Reads both until they end; false when it takes too long.
bool drain(std::array<int, 2> fds, std::array<std::string*, 2> texts) {
    std::array<bool, 2> open = {fds[0] >= 0, fds[1] >= 0};
    while (open[0] || open[1]) {
        std::array<pollfd, 2> polls = {pollfd{open[0] ? fds[0] : -1, POLLIN, 0}, pollfd{open[1] ? fds[1] : -1, POLLIN, 0}};
        if (poll(polls.data(), 2, kTimeoutMs) <= 0) return false;
        for (std::size_t i = 0; i < 2; i++) {
            if (!open[i] || polls[i].revents == 0) continue;
            std::array<char, 65536> buffer;
            const ssize_t got = read(fds[i], buffer.data(), buffer.size());
            if (got <= 0) open[i] = false;  // EIO: the terminal's last user is gone
            else texts[i]->append(buffer.data(), static_cast<std::size_t>(got));
        }
    }
    return true;
}

void finish(pid_t pid, bool in_time, Ran& ran) {
    if (!in_time) kill(pid, SIGKILL);
    int status = 0;
    waitpid(pid, &status, 0);
    ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

Ran run_quell(const std::vector<std::string>& arguments, const std::vector<std::string>& environment, const std::string& input) {
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) return {};
    const Fd from_out(out[0]), from_err(err[0]);
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(open(input.c_str(), O_RDONLY), STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        become_quell(arguments, environment);
    }
    close(out[1]);
    close(err[1]);
    Ran ran;
    finish(pid, drain({from_out.get(), from_err.get()}, {&ran.out, &ran.err}), ran);
    return ran;
}

Ran run_quell_on_terminal(const std::vector<std::string>& arguments, const std::string& input, const std::vector<std::string>& environment) {
    const Fd master(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!master || grantpt(master.get()) != 0 || unlockpt(master.get()) != 0) return {};
    const std::string name = ptsname(master.get());
    const pid_t pid = fork();
    if (pid == 0) {
        setsid();
        const int slave = open(name.c_str(), O_RDWR);
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(slave, fd);
        close(slave);
        become_quell(arguments, environment);
    }
    Ran ran;
    if (write(master.get(), input.data(), input.size()) < 0) ran.err = "cannot type";
    finish(pid, drain({master.get(), -1}, {&ran.out, &ran.err}), ran);
    return ran;
}

}  // namespace quell::cli
