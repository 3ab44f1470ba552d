// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/cost/trace.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

const std::string kAt = "/sys/kernel/tracing/instances/figures";

bool put(const std::string& file, const std::string& text) {
    std::ofstream out(kAt + "/" + file);
    out << text << std::flush;
    return out.good();
}

bool begins(const std::string& text, const char* with) { return text.rfind(with, 0) == 0; }

// "   quelld-arm-123   [000] d..2. 456789: sys_bpf(cmd: a, …)"; nothing where it is something else.
std::optional<Traced> parse(const std::string& line) {
    auto cpu = line.find(" [0");
    if (begins(line, "#") || cpu == std::string::npos || line.size() < cpu + 8) return std::nullopt;
    auto left = line.substr(0, cpu);
    left.erase(left.find_last_not_of(' ') + 1);
    left.erase(0, left.find_first_not_of(' '));
    const auto dash = left.rfind('-');
    if (dash == std::string::npos) return std::nullopt;
    Traced one;
    one.thread = std::atoi(left.c_str() + dash + 1);
    one.comm = left.substr(0, dash);
    auto rest = line.find_first_not_of(' ', cpu + 7);  // the flags
    if (rest != std::string::npos) rest = line.find(' ', rest);
    if (rest != std::string::npos) rest = line.find_first_not_of(' ', rest);
    const auto colon = rest == std::string::npos ? rest : line.find(": ", rest);
    if (colon == std::string::npos) return std::nullopt;
    one.at = std::strtoull(line.c_str() + rest, nullptr, 10);
    one.what = line.substr(colon + 2);
    return one;
}

}  // namespace

const std::vector<std::string> kFlipEvents = {"syscalls/sys_enter_bpf", "syscalls/sys_exit_bpf", "syscalls/sys_exit_unlink", "syscalls/sys_exit_unlinkat"};

Trace::Trace(const std::vector<std::string>& events) {
    must("mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing; mkdir -p " + kAt);
    must("echo 32768 >/sys/kernel/tracing/saved_cmdlines_size");  // 128 are known by name else, and all others are <...>
    EXPECT_TRUE(put("trace_clock", "x86-tsc") && put("buffer_size_kb", "65536"));
    for (const auto& event : events) {
        const bool is_fit = event != "syscalls/sys_enter_bpf" || put("events/" + event + "/filter", "cmd == 10");  // BPF_PROG_TEST_RUN
        EXPECT_TRUE(is_fit);
        EXPECT_TRUE(put("events/" + event + "/enable", "1")) << event;
    }
    EXPECT_TRUE(put("trace", "\n") && put("tracing_on", "1"));
    is_on_ = true;
}

Trace::~Trace() {
    if (is_on_) (void)end();
}

std::vector<Traced> Trace::end() {
    EXPECT_TRUE(put("tracing_on", "0"));
    is_on_ = false;
    std::vector<Traced> events;
    {
        std::ifstream in(kAt + "/trace");
        for (std::string line; std::getline(in, line);) {
            if (const auto at = line.find("entries-in-buffer/entries-written: "); at != std::string::npos) {
                char* slash = nullptr;
                const auto kept = std::strtoull(line.c_str() + at + 35, &slash, 10);
                EXPECT_EQ(kept, *slash ? std::strtoull(slash + 1, nullptr, 10) : 0) << "the trace has lost something";
            }
            if (auto one = parse(line)) events.push_back(std::move(*one));
        }
    }
    must("rmdir " + kAt);
    return events;
}

std::optional<Flip> flip_of(const std::vector<Traced>& events, std::uint64_t asked, bool tries_canary) {
    const int daemon = daemon_pid();
    bool is_tried = !tries_canary;
    Flip flip;
    for (const auto& one : events) {
        if (one.at < asked || one.thread != daemon) continue;
        if (begins(one.what, "sys_unlink")) is_tried = true;
        if (is_tried && !flip.begun && begins(one.what, "sys_bpf(")) flip.begun = one.at;
        if (flip.begun && begins(one.what, "sys_bpf ->")) {
            flip.done = one.at;
            return flip;
        }
    }
    return std::nullopt;
}

}  // namespace quell::guest
