// SPDX-License-Identifier: Apache-2.0
#include "user/response/process.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "user/base/fd.h"

namespace quell::response {
namespace {

// Fields 3, 20 and 22 of /proc/PID/stat. Counted after the last ')', since the name before it is the process's own choice.
struct Stat {
    char state = 0;
    std::uint64_t threads = 0;
    std::uint64_t start_ticks = 0;
};

Stat read_stat(const std::string& path) {
    Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 1024> text{};
    if (!file || ::read(file.get(), text.data(), text.size() - 1) <= 0) return {};
    const char* at = std::strrchr(text.data(), ')');
    if (!at || at[1] != ' ') return {};
    Stat stat;
    stat.state = at[2];
    at += 2;
    for (int field = 3; field < 22 && at; field++) {
        at = std::strchr(at, ' ');
        if (at) at++;
        if (at && field + 1 == 20) stat.threads = std::strtoull(at, nullptr, 10);
    }
    if (at) stat.start_ticks = std::strtoull(at, nullptr, 10);
    return stat;
}

Stat read_stat(quell_u32 pid) { return read_stat("/proc/" + std::to_string(pid) + "/stat"); }

std::uint64_t tick_ns() {
    static const auto ns = 1'000'000'000ull / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
    return ns;
}

}  // namespace

bool is_alive(const quell_task_ref& task) {
    const auto stat = read_stat(task.pid);
    // the first thread of a process may have ended and be shown as a zombie while the others go on
    const bool is_dead = stat.state == 'X' || (stat.state == 'Z' && stat.threads <= 1);
    return stat.start_ticks && !is_dead && stat.start_ticks == task.start_ns / tick_ns();
}

quell_task_ref task_of(quell_u32 pid) {
    quell_task_ref task{};
    const auto stat = read_stat(pid);
    if (!stat.start_ticks) return task;
    task.pid = pid;
    task.start_ns = stat.start_ticks * tick_ns();
    return task;
}

bool may_run(const quell_task_ref& task) {
    if (!is_alive(task)) return false;
    const auto threads = "/proc/" + std::to_string(task.pid) + "/task";
    std::error_code gone;
    for (std::filesystem::directory_iterator thread(threads, gone), end; !gone && thread != end; thread.increment(gone))
        if (const auto state = read_stat(thread->path().string() + "/stat").state; state == 'R' || state == 'D') return true;
    return false;
}

Fd open_task(const quell_task_ref& task) {
    if (task.pid <= 1 || task.pid == static_cast<quell_u32>(getpid())) return Fd();
    Fd process(static_cast<int>(::syscall(SYS_pidfd_open, task.pid, 0)));
    // looked at after the descriptor is open: what it names cannot change any more
    return process && is_alive(task) ? std::move(process) : Fd();
}

bool kill_task(const quell_task_ref& task) {
    const Fd process = open_task(task);
    if (!process) return false;
    return ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) == 0;
}

}  // namespace quell::response
