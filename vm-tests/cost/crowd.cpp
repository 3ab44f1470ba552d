// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/cost/crowd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace quell::guest {

Crowded::Crowded(const std::string& name, int count) : Container(name) {
    must("cp /w/cost_events " + directory() + "/lower/bin/events");
    start();
    must("echo max >" + cgroup_path() + "/pids.max");
    begin("exec /bin/events crowd " + std::to_string(count - 1));
    // by their name: while the runtime enters, processes of its own are in the cgroup
    EXPECT_TRUE(eventually([&] { return std::atoi(run("pgrep -c -x events").text.c_str()) == count; }, std::chrono::seconds(60))) << "not all are there";
}

void expect_empty(const std::string& cgroup_path) {
    // also when its runtime has removed it
    EXPECT_TRUE(eventually([&] { return run("grep -qx 'populated 1' " + cgroup_path + "/cgroup.events").status != 0; }, std::chrono::seconds(60))) << cgroup_path;
}

std::uint64_t last_gone(const std::vector<Traced>& events, int count) {
    int gone = 0;
    std::uint64_t last = 0;
    for (const auto& one : events)
        if (one.what.rfind("sched_process_exit: comm=events ", 0) == 0) {
            gone++;
            last = std::max(last, one.at);
        }
    EXPECT_EQ(gone, count);
    return gone == count ? last : 0;
}

std::int64_t until_gone(const std::string& cgroup_path, int count, const std::function<void()>& begin) {
    Trace trace({"sched/sched_process_exit"});
    const auto began = now();
    begin();
    sleep(1);  // with one CPU, who looks would be in the way of the dying
    expect_empty(cgroup_path);
    const auto last = last_gone(trace.end(), count);
    return last > began ? static_cast<std::int64_t>(last - began) : 0;
}

void must_run(const std::vector<std::string>& words) {
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t child = vfork();
    if (child == 0) {
        const int nowhere = open("/dev/null", O_RDWR);
        for (int fd = 0; fd < 3; fd++) dup2(nowhere, fd);
        execvp(arguments[0], arguments.data());
        _exit(127);
    }
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << words[0] << " " << words[1];
}

}  // namespace quell::guest
