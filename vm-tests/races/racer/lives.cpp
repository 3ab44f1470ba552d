// SPDX-License-Identifier: Apache-2.0
// Ways in which a process begins that are not a fork: beside one, the cgroup or
// the task that is known changes.
#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
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

}  // namespace

int exec_by_threads(const Globals&, const Words& words) {
    const unsigned long times = std::stoul(words.at(1)), left = words.size() > 2 ? std::stoul(words[2]) : times;
    unsigned long failed = words.size() > 3 ? std::stoul(words[3]) : 0;
    failed += !unlink_fresh(words.at(0) + "/t" + std::to_string(left));
    if (left) execute_next(words, left, failed);
    std::printf("{\"unlinks\":%lu,\"failed\":%lu}\n", times + 1, failed);
    return 0;
}

// Each child acts, and so does a child of its own; every other one by a program that it executes there.
int clone_into(const Globals&, const Words& words) {
    unsigned long unlinks = 0, failed = 0;
    for (std::size_t place = 2; place < words.size(); place++)
        for (unsigned long n = 0; n < std::stoul(words.at(1)); n++) {
            const std::string file = words.at(0) + "/i" + words[place] + "." + std::to_string(n);
            const pid_t child = fork_into(std::stoi(words[place]));
            if (!child) {
                const pid_t below = fork();
                if (!below) _exit(unlink_fresh(file + "b") ? 0 : 1);
                if (!ended_well(below)) _exit(1);
                if (n % 2) execl("/proc/self/exe", "racer", "unlink", file.c_str(), nullptr);
                _exit(unlink_fresh(file) ? 0 : 1);
            }
            unlinks += 2;
            failed += !ended_well(child);
        }
    std::printf("{\"unlinks\":%lu,\"failed\":%lu}\n", unlinks, failed);
    return 0;
}

}  // namespace quell::races
