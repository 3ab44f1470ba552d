// SPDX-License-Identifier: Apache-2.0
// The built `quell` while it runs, read line by line.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "user/base/fd.h"

namespace quell::cli {

class RunningQuell {
public:
    explicit RunningQuell(std::vector<std::string> arguments) {
        int out[2], err[2];
        if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) return;
        out_.fd = Fd(out[0]);
        err_.fd = Fd(err[0]);
        const Fd to_out(out[1]), to_err(err[1]);
        arguments.insert(arguments.begin(), "quell");
        std::vector<char*> argv;
        for (auto& one : arguments) argv.push_back(one.data());
        argv.push_back(nullptr);
        std::string zone = "TZ=UTC";
        char* environment[] = {zone.data(), nullptr};
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, to_out.get(), STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, to_err.get(), STDERR_FILENO);
        if (posix_spawn(&pid_, QUELL_PROGRAM, &actions, nullptr, argv.data(), environment) != 0) pid_ = -1;
        posix_spawn_file_actions_destroy(&actions);
    }
    RunningQuell(const RunningQuell&) = delete;
    RunningQuell& operator=(const RunningQuell&) = delete;
    ~RunningQuell() {
        if (pid_ > 0) signal(SIGKILL), (void)ended();
    }

    void signal(int number) const { ::kill(pid_, number); }
    // Without its end; nothing: there is none within 10 s, or no more.
    std::optional<std::string> line() { return out_.line(); }
    std::optional<std::string> note() { return err_.line(); }
    void stop_reading() { out_.fd.reset(); }
    // The exit status, 128 + signal; -1: not within 10 s.
    int ended() {
        int status = 0;
        for (int i = 0; i < 1000; i++) {
            if (waitpid(pid_, &status, WNOHANG) == pid_) {
                pid_ = -1;
                return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            }
            usleep(10'000);
        }
        return -1;
    }

private:
    struct Stream {
        Fd fd;
        std::string text;
        std::optional<std::string> line() {
            for (;;) {
                if (const auto end = text.find('\n'); end != std::string::npos) {
                    std::string one = text.substr(0, end);
                    text.erase(0, end + 1);
                    return one;
                }
                pollfd one{fd.get(), POLLIN, 0};
                char buffer[4096];
                if (poll(&one, 1, 10'000) <= 0) return std::nullopt;
                const ssize_t got = read(fd.get(), buffer, sizeof buffer);
                if (got <= 0) return std::nullopt;
                text.append(buffer, static_cast<std::size_t>(got));
            }
        }
    };
    Stream out_, err_;
    pid_t pid_ = -1;
};

}  // namespace quell::cli
