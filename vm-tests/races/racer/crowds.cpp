// SPDX-License-Identifier: Apache-2.0
// Many matches and many who match.
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <functional>

#include "vm-tests/races/racer/commands.h"

namespace quell::races {
namespace {

void pin_to(unsigned cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu % static_cast<unsigned>(sysconf(_SC_NPROCESSORS_ONLN)), &set);
    (void)sched_setaffinity(0, sizeof(set), &set);
}

int wait_for(pid_t child) {
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

// Matches by reading: the cheapest operation, and one that leaves no trace.
int open_often(const std::string& file, unsigned long times) {
    for (unsigned long i = 0; i < times; i++) {
        const int fd = open(file.c_str(), O_RDONLY);
        if (fd < 0) return 1;
        close(fd);
    }
    return 0;
}

int result(const char* what, unsigned long done, unsigned long failed) {
    std::printf("{\"%s\":%lu,\"failed\":%lu}\n", what, done, failed);
    return failed ? 1 : 0;
}

}  // namespace

bool unlink_fresh(const std::string& file) {
    const int fd = open(file.c_str(), O_CREAT | O_WRONLY, 0600);
    if (fd < 0) return false;
    close(fd);
    return unlink(file.c_str()) == 0;
}

// All of one parent, who is not the container's init: repeats of one incident.
int flood(const Globals&, const Words& words) {
    const unsigned long processes = std::stoul(words.at(1)), matches = std::stoul(words.at(2));
    unsigned long failed = 0;
    const pid_t parent = fork();
    if (!parent) {
        for (unsigned n = 0; n < processes; n++)
            if (!fork()) {
                pin_to(n);
                _exit(open_often(words.at(0), matches / processes));
            }
        int status = 0;
        while (wait(&status) > 0) failed += status != 0;
        _exit(failed ? 1 : 0);
    }
    failed = static_cast<unsigned long>(wait_for(parent));
    return result("matches", matches, failed);
}

// An actor of its own: not its parent's, for that is the host's first process by then.
void act(const std::function<bool()>& deed, int told, int end) {
    while (getppid() != 1) usleep(100);
    char worked = deed();
    (void)!write(told, &worked, 1);
    (void)!read(end, &worked, 1);  // until everybody is there
    _exit(0);
}

// How many did what is theirs. Each actor lives until all have, so that no number is used twice.
unsigned long actors_at(unsigned long actors, const std::function<bool(unsigned long)>& deed) {
    unsigned long done = 0;
    int end[2], told[2];
    if (pipe(end) || pipe(told)) return 0;
    for (unsigned long n = 0; n < actors; n++) {
        const pid_t child = fork();
        if (child < 0) return perror("fork"), 0;
        if (!child) {
            close(end[1]);
            if (!fork()) act([&] { return deed(n); }, told[1], end[0]);
            _exit(0);
        }
        wait_for(child);
    }
    close(told[1]);
    for (char worked; done < actors && read(told[0], &worked, 1) == 1 && worked;) done++;
    close(end[1]);
    return done;
}

int many_actors(const Globals&, const Words& words) {
    const unsigned long actors = std::stoul(words.at(1)), matches = std::stoul(words.at(2));
    const auto done = actors_at(actors, [&](unsigned long n) {
        bool worked = true;
        for (unsigned long i = 0; i < matches; i++) worked &= unlink_fresh(words.at(0) + "/a" + std::to_string(n) + "." + std::to_string(i));
        return worked;
    });
    return result("matches", actors * matches, actors - done);
}

// Each opens a file of its own, in a directory of its own; or is refused, where a rule holds that at once.
int many_writers(const Globals&, const Words& words) {
    const unsigned long actors = std::stoul(words.at(1));
    const auto file = [&](unsigned long n) { return words.at(0) + "/" + std::to_string(n) + "/file"; };
    std::filesystem::create_directories(words.at(0));
    for (unsigned long n = 0; n < actors; n++) {
        mkdir((words.at(0) + "/" + std::to_string(n)).c_str(), 0700);
        if (mknod(file(n).c_str(), S_IFREG | 0700, 0)) return perror(file(n).c_str()), 1;
    }
    const auto done = actors_at(actors, [&](unsigned long n) {
        const int fd = open(file(n).c_str(), O_WRONLY);
        return fd >= 0 ? close(fd) == 0 : errno == EPERM;
    });
    return result("matches", actors, actors - done);
}

// Each opens one and the same file, and reads nothing.
int many_readers(const Globals&, const Words& words) {
    const unsigned long actors = std::stoul(words.at(1));
    if (mknod(words.at(0).c_str(), S_IFREG | 0600, 0) && errno != EEXIST) return perror(words.at(0).c_str()), 1;
    const auto done = actors_at(actors, [&](unsigned long) {
        const int fd = open(words.at(0).c_str(), O_RDONLY);
        return fd >= 0 && close(fd) == 0;
    });
    return result("matches", actors, actors - done);
}

// Forks in a row until SIGTERM; every child acts at once, and every fourth by a program that it executes.
int fork_and_unlink(const Globals&, const Words& words) {
    static volatile std::sig_atomic_t over = 0;
    unsigned long failed = 0, n = 0;
    std::signal(SIGTERM, [](int) { over = 1; });
    for (; !over; n++) {
        const std::string file = words.at(0) + "/c" + std::to_string(n);
        const pid_t child = fork();
        if (child < 0) return perror("fork"), 1;
        if (!child) {
            if (n % 4 == 3) execl("/proc/self/exe", "racer", "unlink", file.c_str(), nullptr);
            _exit(unlink_fresh(file) ? 0 : 1);
        }
        failed += static_cast<unsigned long>(wait_for(child));
    }
    return result("unlinks", n, failed);
}

int deep(const Globals& globals, const Words& words) {
    const std::string component(std::stoul(words.at(2)), 'd');
    if (chdir(words.at(0).c_str())) return perror("chdir"), 1;
    for (unsigned long level = 0, levels = std::stoul(words.at(1)); level < levels; level++) {
        mkdir(component.c_str(), 0700);
        if (chdir(component.c_str())) return perror("chdir"), 1;
    }
    const auto before = globals.matched(QUELL_HOOK_inode_unlink);
    const bool worked = unlink_fresh("deep.f");
    std::printf("{\"matched\":%lu,\"failed\":%d}\n", static_cast<unsigned long>(globals.matched(QUELL_HOOK_inode_unlink) - before), worked ? 0 : 1);
    return 0;
}

}  // namespace quell::races
