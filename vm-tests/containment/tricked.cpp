// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/containment/tricked.h"

#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace quell::guest {
namespace {

constexpr const char* kName = "(tricks)";

// One line of /proc/PID/stat.
Trickster read_trickster(const std::string& line) {
    const auto name = line.find('('), rest = line.rfind(')');
    if (name == std::string::npos || rest == std::string::npos || line.substr(name, rest + 1 - name) != kName) return {};
    std::istringstream fields(line.substr(rest + 1));
    Trickster one;
    fields >> one.state >> one.parent;
    std::string skipped;
    for (int field = 5; field < 20; field++) fields >> skipped;
    int threads = 0;
    fields >> threads;
    const bool is_dead = one.state == 'X' || (one.state == 'Z' && threads <= 1);
    if (fields && !is_dead) one.pid = std::stoi(line);
    return one;
}

}  // namespace

ContainerOptions tricked_options() {
    ContainerOptions options;
    options.arguments = {"/bin/tricks", "reap"};
    return options;
}

void start_tricked(Container& container) {
    must("cp /w/tricks " + container.directory() + "/lower/bin/tricks");
    container.start();
}

std::vector<Trickster> tricksters() {
    std::vector<Trickster> all;
    std::error_code gone;
    for (std::filesystem::directory_iterator entry("/proc", gone), end; !gone && entry != end; entry.increment(gone)) {
        if (!std::isdigit(static_cast<unsigned char>(entry->path().filename().string().front()))) continue;
        std::ifstream file(entry->path() / "stat");
        std::string line;
        std::getline(file, line);
        if (const auto one = read_trickster(line); one.pid) all.push_back(one);
    }
    return all;
}

std::string told(const std::vector<Trickster>& all) {
    std::string text = std::to_string(all.size()) + " processes:";
    for (const auto& one : all) text += " " + std::to_string(one.pid) + one.state + "<-" + std::to_string(one.parent);
    return text;
}

void move_to(const std::string& cgroup, const Trickster& one) { must("echo " + std::to_string(one.pid) + " >" + cgroup + "/cgroup.procs"); }

void make_cgroup(const std::string& cgroup) { must("mkdir -p " + cgroup); }

void freeze(const std::string& cgroup) {
    must("echo 1 >" + cgroup + "/cgroup.freeze");
    EXPECT_TRUE(eventually([&] { return run("grep -qx 'frozen 1' " + cgroup + "/cgroup.events").status == 0; })) << cgroup;
}

void end_tricks() {
    for (const char* name : {"tracer", "mover", "tricks"}) (void)run(std::string("pkill -9 -x ") + name);
    (void)run("pkill -9 -fx 'sleep 779[0-9]'");
    EXPECT_TRUE(eventually([] { return tricksters().empty() && run(std::string("[ ! -e ") + kElsewhere + " ] || rmdir " + kElsewhere).status == 0; })) << told(tricksters());
}

}  // namespace quell::guest
