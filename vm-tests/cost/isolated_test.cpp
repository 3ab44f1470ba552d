// SPDX-License-Identifier: Apache-2.0
// A container whose network is cut, or may be: what others pay for it, in
// instructions (the guest counts them, one CPU).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr const char* kOperations = "send-recv write read connect";
// Of send-recv; what a kernel's own way into a program costs differs.
constexpr int kMost = 500;

using Figures = std::map<std::string, int>;

// The least of five processes.
Figures measure(const std::function<Output()>& loop) {
    Figures least;
    (void)loop();
    for (int i = 0; i < 5; i++) {
        const auto output = loop();
        EXPECT_EQ(output.status, 0) << output.text;
        std::istringstream words(output.text);
        std::string name;
        for (int count = 0; words >> name >> count;) least[name] = least.contains(name) ? std::min(least[name], count) : count;
    }
    EXPECT_EQ(least.size(), 4u);
    return least;
}

Figures on_host() { return measure([] { return run(std::string("/w/cost_loop /tmp/x ") + kOperations); }); }
Figures in(const Container& container) { return measure([&] { return container.exec(std::string("/bin/loop /tmp/x ") + kOperations + "; exit $?"); }); }

TEST(Isolation, CostsOthersAtMost500ForASendAndAReceive) {
    apply_pack("s/offer: .kill-container, kill-process.*/offer: [kill-container, isolate-network]/");
    must("ip link set lo up");
    Container cut("cut"), other("other");
    must("cp /w/cost_loop " + other.directory() + "/lower/bin/loop");
    cut.start();
    other.start();
    must("pkill -STOP -x quelld");
    const auto host = on_host(), neighbour = in(other);
    must("pkill -CONT -x quelld");
    EXPECT_EQ(attack(cut, "truncate /var/log/b.log"), 0);
    const auto id = pending_id("cut", "truncate");
    must("pkill -STOP -x quelld");
    const auto host_armed = on_host(), neighbour_armed = in(other);
    must("pkill -CONT -x quelld");
    const auto approved = approve(id, "isolate-network");
    ASSERT_EQ(approved.status, 0) << approved.text;
    must("pkill -STOP -x quelld");
    const auto host_enforced = on_host(), neighbour_enforced = in(other);
    must("pkill -CONT -x quelld");
    for (const auto& [name, count] : host) {
        std::printf("%s: host %d, armed +%d, enforced +%d; another container %d, armed +%d, enforced +%d\n", name.c_str(), count, host_armed.at(name) - count,
                    host_enforced.at(name) - count, neighbour.at(name), neighbour_armed.at(name) - neighbour.at(name), neighbour_enforced.at(name) - neighbour.at(name));
        EXPECT_LE(host_enforced.at(name) - count, kMost) << name;
    }
    EXPECT_LE(neighbour_enforced.at("send-recv") - neighbour.at("send-recv"), kMost);
    EXPECT_GT(host_enforced.at("send-recv"), host.at("send-recv")) << "nothing was attached";
    EXPECT_EQ(run("quell undo " + id + " --reason cost").status, 0);
    reject_all();
}

}  // namespace
}  // namespace quell::guest
