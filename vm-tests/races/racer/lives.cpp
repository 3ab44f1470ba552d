// SPDX-License-Identifier: Apache-2.0
// Ways in which a process begins that are not a fork: beside one, the cgroup or
// the task that is known changes.
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "vm-tests/races/racer/commands.h"

namespace quell::races {
namespace {

// TIMES and how many failed are told from one program to the next.
void execute_next(const Words& words, unsigned long left, unsigned long failed) {
    const std::string next = std::to_string(left - 1), lost = std::to_string(failed);
    std::thread([&] {
        execl("/proc/self/exe", "racer", "exec-by-threads", words.at(0).c_str(), words.at(1).c_str(), next.c_str(), lost.c_str(), nullptr);
        perror("exec");
        _exit(1);
    }).join();
}

pid_t fork_into(int cgroup) {
    clone_args arguments{};
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.exit_signal = SIGCHLD;
    arguments.cgroup = static_cast<std::uint64_t>(cgroup);
    return static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof(arguments)));
}

bool ended_well(pid_t child) {
    int status = 1;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

// Born in a row, and gone at once.
[[noreturn]] void bear() {
    for (;;) {
        const pid_t child = fork();
        if (!child) _exit(0);
        if (child > 0) waitpid(child, nullptr, 0);
    }
}

}  // namespace

// A clock wakes this one whatever the others are at, most of the time a birth; it goes first, and forks there. The child is
// no more than they are, and acts.
int interrupted_births(const Globals&, const Words& words) {
    if (::write(std::stoi(words.at(2)), "0", 1) != 1) return perror("to another cgroup"), 1;
    std::array<pid_t, 4> others;
    for (auto& other : others)
        if (!(other = fork())) bear();
    const sched_param first = {.sched_priority = 1};
    unsigned long unlinks = 0, failed = sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first) != 0;
    std::mt19937 random(7);
    for (; unlinks < std::stoul(words.at(1)); unlinks++) {
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 1000));
        const pid_t child = fork();
        if (!child) _exit(unlink_fresh(words.at(0) + "/p" + std::to_string(unlinks)) ? 0 : 1);
        failed += !ended_well(child);
    }
    for (const pid_t other : others) kill(other, SIGKILL);
    while (wait(nullptr) > 0) continue;
    std::printf("{\"unlinks\":%lu,\"failed\":%lu}\n", unlinks, failed);
    return 0;
}

int exec_by_threads(const Globals&, const Words& words) {
    const unsigned long times = std::stoul(words.at(1)), left = words.size() > 2 ? std::stoul(words[2]) : times;
    unsigned long failed = words.size() > 3 ? std::stoul(words[3]) : 0;
    failed += !unlink_fresh(words.at(0) + "/t" + std::to_string(left));
    if (left) execute_next(words, left, failed);
    std::printf("{\"unlinks\":%lu,\"failed\":%lu}\n", times + 1, failed);
    return 0;
}

// Each child acts, and so does a child of its own; every other one by a program that it executes there. Names whose act was not
// matched: nobody else acts meanwhile.
int clone_into(const Globals& globals, const Words& words) {
    constexpr int kMissed = 2;
    const auto matched = [&] { return globals.matched(QUELL_HOOK_inode_unlink); };
    const auto counters = [&] {
        std::array<std::uint64_t, QUELL_COUNTER_COUNT> all;
        for (int one = 0; one < QUELL_COUNTER_COUNT; one++) all[static_cast<std::size_t>(one)] = globals.counter(static_cast<quell_counter>(one));
        return all;
    };
    unsigned long unlinks = 0, failed = 0;
    std::string missed;
    for (std::size_t place = 2; place < words.size(); place++)
        for (unsigned long n = 0; n < std::stoul(words.at(1)); n++) {
            const std::string file = words.at(0) + "/i" + words[place] + "." + std::to_string(n);
            const auto before = matched();
            const auto counted = counters();
            const pid_t child = fork_into(std::stoi(words[place]));
            if (!child) {
                const pid_t below = fork();
                if (!below) _exit(unlink_fresh(file + "b") ? 0 : 1);
                if (!ended_well(below)) _exit(1);
                if (matched() != before + 1) _exit(unlink_fresh(file) ? kMissed : 1);
                if (n % 2) execl("/proc/self/exe", "racer", "unlink", file.c_str(), nullptr);
                _exit(unlink_fresh(file) ? 0 : 1);
            }
            unlinks += 2;
            int status = 1;
            const int code = child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
            failed += code != 0 && code != kMissed;
            const auto now = matched() - before;
            if (now == 2) continue;
            missed += " " + file + (code == kMissed ? "b" : "") + " of " + std::to_string(child) + ", matched " + std::to_string(now) + ", counted";
            for (std::size_t one = 0; one < counted.size(); one++)
                if (const auto more = counters()[one] - counted[one]) missed += " " + std::to_string(one) + "+" + std::to_string(more);
        }
    std::printf("{\"unlinks\":%lu,\"failed\":%lu,\"missed\":\"%s\"}\n", unlinks, failed, missed.c_str());
    return 0;
}

}  // namespace quell::races
