// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/tmux.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

namespace quell::cli {

namespace {

constexpr std::chrono::seconds kShowsWithin{20};
// One that has been told to end may still listen.
std::atomic<int> next_server = 0;

bool within(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + kShowsWithin;
    while (!done()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

}  // namespace

Tmux::Tmux(std::string directory, int columns, int rows, const std::string& command) : socket_(std::move(directory) + "/tmux" + std::to_string(next_server++)) {
    unsetenv("TMUX");  // of whoever runs the tests in one
    (void)run({"start-server", ";", "set-option", "-g", "remain-on-exit", "on", ";", "set-option", "-g", "status", "off", ";", "set-option", "-g", "escape-time", "0", ";", "new-session", "-d", "-x", std::to_string(columns), "-y", std::to_string(rows), command});
}

Tmux::~Tmux() { (void)run({"kill-server"}); }

std::string Tmux::run(std::vector<std::string> arguments) const {
    const std::vector<std::string> first = {"tmux", "-u", "-f", "/dev/null", "-S", socket_};
    arguments.insert(arguments.begin(), first.begin(), first.end());
    std::vector<char*> argv;
    for (std::string& one : arguments) argv.push_back(one.data());
    argv.push_back(nullptr);
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        const int nothing = open("/dev/null", O_RDONLY);
        dup2(nothing, STDIN_FILENO);
        execvp(argv[0], argv.data());
        _exit(127);
    }
    close(ends[1]);
    std::string text;
    std::array<char, 65536> buffer;
    for (ssize_t got = 0; (got = read(ends[0], buffer.data(), buffer.size())) > 0;) text.append(buffer.data(), static_cast<std::size_t>(got));
    close(ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0) << arguments[6] << ": tmux is in the list of packages for tests";
    return text;
}

void Tmux::press(const std::vector<std::string>& keys) const {
    std::vector<std::string> arguments = {"send-keys"};
    arguments.insert(arguments.end(), keys.begin(), keys.end());
    (void)run(std::move(arguments));
}

void Tmux::type(const std::string& text) const { (void)run({"send-keys", "-l", text}); }

void Tmux::resize(int columns, int rows) const { (void)run({"resize-window", "-x", std::to_string(columns), "-y", std::to_string(rows)}); }

std::string Tmux::screen() const { return run({"capture-pane", "-p"}); }
std::string Tmux::coloured() const { return run({"capture-pane", "-p", "-e"}); }

std::vector<std::string> Tmux::rows() const {
    std::vector<std::string> found;
    const std::string text = screen();
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        found.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return found;
}

bool Tmux::shows(const std::string& text) const {
    const bool does = within([&] { return screen().find(text) != std::string::npos; });
    EXPECT_TRUE(does) << "not on the screen: " << text << "\n" << screen();
    return does;
}

bool Tmux::shows_no_more(const std::string& text) const {
    const bool does = within([&] { return screen().find(text) == std::string::npos; });
    EXPECT_TRUE(does) << "still on the screen: " << text << "\n" << screen();
    return does;
}

int Tmux::child_pid() const {
    const std::string shell = std::to_string(std::stoi(run({"display-message", "-p", "#{pane_pid}"})));
    int pid = 0;
    std::ifstream("/proc/" + shell + "/task/" + shell + "/children") >> pid;
    return pid;
}

}  // namespace quell::cli
